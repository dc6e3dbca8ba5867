// Requests to the API of a Calotype server.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "models/http.h"

namespace calotype {

// Where a server is, and what it asks for.
struct ServerAccess {
  std::string url;           // "https://photos.example:4280", or with the path behind a proxy
  std::string token;         // empty: none
  std::string certificates;  // a file of trusted ones (PEM); empty: those of the system
};

// Thread-safe. Errors are those of LibraryClient; each names the server.
class ApiConnection {
 public:
  using Values = std::vector<std::pair<std::string, std::string>>;

  // kInvalidArgument for a URL that is not http or https, or has a user or a password.
  static StatusOr<std::unique_ptr<ApiConnection>> Open(std::unique_ptr<HttpClient> http, ServerAccess access);

  // The answer to a request for "/api/v1" + `path`.
  StatusOr<nlohmann::ordered_json> Get(const std::string& path, std::span<const Values::value_type> query = {});
  // The same with a JSON body; null if the answer has none.
  StatusOr<nlohmann::ordered_json> Send(const std::string& method, const std::string& path,
                                        const nlohmann::ordered_json& body);
  // Passes on what arrives until the server ends the answer, or `stop` is requested (kCancelled).
  Status Listen(const std::string& path, const std::function<void(std::string_view)>& on_bytes,
                const std::stop_token& stop);

 private:
  ApiConnection(std::unique_ptr<HttpClient> http, ServerAccess access)
      : http_(std::move(http)), access_(std::move(access)) {}

  HttpClientRequest RequestFor(const std::string& path) const;
  StatusOr<nlohmann::ordered_json> Ask(const HttpClientRequest& request);
  // The error that a response with such a status stands for.
  Status ErrorOf(int status, std::string_view body) const;
  Status Annotated(const Status& error) const;

  const std::unique_ptr<HttpClient> http_;
  const ServerAccess access_;
};

}  // namespace calotype
