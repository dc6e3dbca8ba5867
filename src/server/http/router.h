// The routes of the API: what each expects, what it answers, and the function that does it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/http/field.h"
#include "server/http/http.h"
#include "server/http/http_server.h"

namespace calotype {

// A request that passed the checks of its route.
struct Call {
  const HttpRequest& request;
  const Arguments& arguments;
};

// kJson is an object whose members are checked; kMessage is JSON that the route reads itself.
enum class BodyKind : uint8_t { kNone, kJson, kMessage, kUpload };

// A successful response.
struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string schema;  // a name in Schemas(); empty: not JSON
  std::string help;
};

struct Route {
  std::string method;
  std::string path;       // "/api/v1/photos/{photo}"
  std::string operation;  // "getPhoto": unique, the name of a client's function
  std::string tag;        // "photos": groups operations in the document
  std::string summary;
  Scope scope = Scope::kRead;
  Lane lane = Lane::kQuick;
  std::vector<Field> in_path;
  std::vector<Field> in_query;
  BodyKind body = BodyKind::kNone;
  std::vector<Field> in_body;  // of kJson
  std::string body_schema;     // of kMessage: a name in Schemas()
  std::vector<Answer> answers;
  std::vector<int> problems;  // statuses of errors, besides those that every route may answer
  std::function<StatusOr<HttpResponse>(const Call&)> run = nullptr;
};

class Router {
 public:
  void Add(Route route) { routes_.push_back(std::move(route)); }
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;            // null: none
    std::vector<std::string> path_values;    // of the route's in_path
    std::vector<std::string> other_methods;  // that the path has, if there is no route for this method
  };
  // HEAD is answered by the route of GET.
  Match Find(std::string_view method, std::string_view path) const;

  // Checks the values of a request and calls its route. Thread-safe once all routes are added.
  HttpResponse Run(const HttpRequest& request) const;

 private:
  std::vector<Route> routes_;
};

// A response of 200 with JSON.
HttpResponse JsonResponse(const nlohmann::ordered_json& json, int status = 200);

}  // namespace calotype
