#include "server/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "server/http/problem.h"
#include "server/http/request_log.h"

namespace calotype {
namespace {

constexpr std::size_t kJsonBytes = 256U << 10U;

bool HasHeader(const HttpResponse& response, std::string_view name) {
  return std::ranges::any_of(response.headers, [name](const auto& header) { return header.first == name; });
}

// What every response says to browsers: nothing is guessed or framed; nothing is loaded or kept unless the response
// says so.
void AddSafetyHeaders(HttpResponse& response, const std::string& request_id) {
  response.headers.emplace_back("X-Request-Id", request_id);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  if (!HasHeader(response, "Content-Security-Policy")) {
    response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (!HasHeader(response, "Cache-Control")) {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
}

HttpResponse Explain(const std::string& request_id, const Refusal& refusal) {
  HttpResponse response = Problem(request_id, refusal.status, refusal.detail);
  if (refusal.retry_after.has_value()) {
    response.headers.emplace_back("Retry-After", std::to_string(refusal.retry_after->count()));
  }
  return response;
}

HttpResponse Unauthorized(const std::string& request_id) {
  HttpResponse response = Problem(request_id, http_status::kUnauthorized,
                                  "this needs a token (Authorization: Bearer ...); calotype token create makes one");
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"calotype\"");
  return response;
}

}  // namespace

Admission Api::Admit(HttpRequest& head) {
  const auto refuse = [&head](HttpResponse response) {
    AddSafetyHeaders(response, head.id);
    Admission admission;
    admission.refusal = std::move(response);
    return admission;
  };
  if (!options_.base_path.empty() && head.path.starts_with(options_.base_path + "/")) {
    head.path.erase(0, options_.base_path.size());
  }
  if (const std::optional<Refusal> refusal = access_.Check(head); refusal.has_value()) {
    return refuse(Explain(head.id, *refusal));
  }
  const Router::Match match = router_.Find(head.method, head.path);
  if (match.route == nullptr) {
    return refuse(router_.Run(head));  // says what is wrong
  }
  if (head.scope < match.route->scope) {
    return refuse(head.scope == Scope::kNone
                      ? Unauthorized(head.id)
                      : Problem(head.id, http_status::kForbidden,
                                fmt::format("this needs the scope {}; the token has {}", ScopeName(match.route->scope),
                                            ScopeName(head.scope))));
  }
  Admission admission{.refusal = std::nullopt, .max_body = 0, .max_body_setting = "", .lane = match.route->lane};
  if (match.route->body == BodyKind::kJson || match.route->body == BodyKind::kMessage) {
    admission.max_body = kJsonBytes;
  } else if (match.route->body == BodyKind::kUpload) {
    admission.max_body = options_.upload_bytes;
    admission.max_body_setting = "server.upload_mb";
  }
  return admission;
}

HttpResponse Api::Handle(const HttpRequest& request) {
  HttpResponse response = router_.Run(request);
  AddSafetyHeaders(response, request.id);
  return response;
}

HttpResponse Api::Refuse(const std::string& request_id, int status, const std::string& detail) {
  HttpResponse response = Problem(request_id, status, detail);
  AddSafetyHeaders(response, request_id);
  return response;
}

void Api::Finished(const HttpRequest& request, int status, uint64_t bytes, std::chrono::microseconds took) {
  const Route* const route = request.path.empty() ? nullptr : router_.Find(request.method, request.path).route;
  metrics_.CountRequest(route == nullptr ? std::string_view("none") : std::string_view(route->operation), status, bytes,
                        took);
  LogRequest("", request, status, took);
}

}  // namespace calotype
