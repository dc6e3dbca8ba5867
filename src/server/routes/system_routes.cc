// /healthz, /readyz, /metrics, /api/v1/openapi.json, and sessions of browsers
#include <nlohmann/json.hpp>

#include "server/http/openapi.h"
#include "server/http/problem.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

HttpResponse Text(std::string body) { return {.content_type = "text/plain; charset=utf-8", .body = std::move(body)}; }

}  // namespace

void AddHealthRoutes(Router& router, std::function<Status()> ready, std::function<std::string()> metrics) {
  router.Add({.method = "GET",
              .path = "/healthz",
              .operation = "getHealth",
              .tag = "system",
              .summary = "The server runs",
              .scope = Scope::kNone,
              .lane = Lane::kInline,
              .answers = {{.content_type = "text/plain; charset=utf-8"}},
              .run = [](const Call&) -> StatusOr<HttpResponse> { return Text("ok\n"); }});
  router.Add({.method = "GET",
              .path = "/readyz",
              .operation = "getReadiness",
              .tag = "system",
              .summary = "The server can answer questions about the library",
              .scope = Scope::kNone,
              .answers = {{.content_type = "text/plain; charset=utf-8"}},
              .run = [ready = std::move(ready)](const Call& call) -> StatusOr<HttpResponse> {
                const Status status = ready();
                return status.ok() ? Text("ready\n")
                                   : Problem(call.request.id, http_status::kUnavailable, Message(status));
              }});
  router.Add({.method = "GET",
              .path = "/metrics",
              .operation = "getMetrics",
              .tag = "system",
              .summary = "Metrics for Prometheus",
              .answers = {{.content_type = "text/plain; version=0.0.4; charset=utf-8"}},
              .run = [metrics = std::move(metrics)](const Call&) -> StatusOr<HttpResponse> {
                return HttpResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics()};
              }});
}

void AddSystemRoutes(Router& router, std::function<Status()> ready, std::function<std::string()> metrics,
                     std::string base_path) {
  AddHealthRoutes(router, std::move(ready), std::move(metrics));
  router.Add({.method = "GET",
              .path = "/api/v1/openapi.json",
              .operation = "getOpenApi",
              .tag = "system",
              .summary = "This document",
              .scope = Scope::kNone,
              .answers = {{.content_type = "application/json"}},
              .run = [&router, base_path = std::move(base_path)](const Call&) -> StatusOr<HttpResponse> {
                return JsonResponse(OpenApiDocument(router, base_path));
              }});
}

void AddSessionRoutes(Router& router, Access& access) {
  router.Add({.method = "POST",
              .path = "/api/v1/session",
              .operation = "login",
              .tag = "system",
              .summary = "Exchange the code of a login link for a session (a cookie)",
              .scope = Scope::kNone,
              .body = BodyKind::kJson,
              .in_body = {TextField("code", "the code of the link", /*required=*/true)},
              .answers = {{.status = 204, .content_type = ""}},
              .run = [&access](const Call& call) -> StatusOr<HttpResponse> {
                const std::optional<std::string> cookie =
                    access.Login(call.arguments.Text("code"), call.request.secure);
                if (!cookie.has_value()) {
                  return Problem(call.request.id, http_status::kUnauthorized,
                                 "this code is wrong, was used already, or is older than 15 minutes");
                }
                return HttpResponse{.status = 204, .headers = {{"Set-Cookie", *cookie}}};
              }});
  router.Add({.method = "DELETE",
              .path = "/api/v1/session",
              .operation = "logout",
              .tag = "system",
              .summary = "End the session",
              .scope = Scope::kNone,
              .answers = {{.status = 204, .content_type = ""}},
              .run = [&access](const Call& call) -> StatusOr<HttpResponse> {
                return HttpResponse{.status = 204, .headers = {{"Set-Cookie", access.Logout(call.request)}}};
              }});
}

}  // namespace calotype
