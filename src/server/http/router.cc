#include "server/http/router.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "app/findings_json.h"
#include "base/text.h"
#include "server/http/problem.h"

namespace calotype {
namespace {

// The values of the parts in braces if `path` fits `pattern`.
std::optional<std::vector<std::string>> MatchPath(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> wanted = Split(pattern, '/');
  const std::vector<std::string_view> given = Split(path, '/');
  if (wanted.size() != given.size()) {
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      if (given[i].empty()) {
        return std::nullopt;
      }
      values.emplace_back(given[i]);
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return values;
}

bool IsJson(std::string_view content_type) {
  return Trim(content_type.substr(0, content_type.find(';'))) == "application/json";
}

Status ReadArguments(const Router::Match& match, const HttpRequest& request, Arguments& arguments) {
  const Route& route = *match.route;
  for (std::size_t i = 0; i < match.path_values.size(); ++i) {
    CALOTYPE_RETURN_IF_ERROR(ReadArgument(route.in_path[i], match.path_values[i], arguments));
  }
  CALOTYPE_RETURN_IF_ERROR(ReadQueryArguments(route.in_query, request.query, arguments));
  return route.body == BodyKind::kJson ? ReadJsonArguments(route.in_body, request.body, arguments) : absl::OkStatus();
}

}  // namespace

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  const std::string_view wanted = method == "HEAD" ? std::string_view("GET") : method;
  for (const Route& route : routes_) {
    std::optional<std::vector<std::string>> values = MatchPath(route.path, path);
    if (!values.has_value()) {
      continue;
    }
    if (route.method == wanted) {
      return {.route = &route, .path_values = *std::move(values)};
    }
    match.other_methods.push_back(route.method);
  }
  return match;
}

HttpResponse Router::Run(const HttpRequest& request) const {
  const Match match = Find(request.method, request.path);
  if (match.route == nullptr && match.other_methods.empty()) {
    return Problem(request.id, http_status::kNotFound, fmt::format("there is nothing at {}", request.path));
  }
  if (match.route == nullptr) {
    const std::string methods = fmt::format("{}", fmt::join(match.other_methods, ", "));
    HttpResponse response =
        Problem(request.id, http_status::kWrongMethod,
                fmt::format("{} cannot be used with {}; use {}", request.path, request.method, methods));
    response.headers.emplace_back("Allow", methods);
    return response;
  }
  const bool takes_json = match.route->body == BodyKind::kJson || match.route->body == BodyKind::kMessage;
  if (takes_json && !IsJson(request.Header("content-type"))) {
    return Problem(request.id, http_status::kWrongType, "the body must have the content type application/json");
  }
  Arguments arguments;
  if (const Status read = ReadArguments(match, request, arguments); !read.ok()) {
    return Problem(request.id, read);
  }
  StatusOr<HttpResponse> response = match.route->run({.request = request, .arguments = arguments});
  return response.ok() ? *std::move(response) : Problem(request.id, response.status());
}

HttpResponse JsonResponse(const nlohmann::ordered_json& json, int status) {
  return {.status = status, .content_type = "application/json", .body = JsonLine(json)};
}

}  // namespace calotype
