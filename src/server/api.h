// Answers requests to the API: checks who asks, finds the route, and notes what happened.
#pragma once

#include <cstddef>
#include <string>

#include "server/http/access.h"
#include "server/http/http_server.h"
#include "server/http/metrics.h"
#include "server/http/router.h"

namespace calotype {

struct ApiOptions {
  // The path under which a proxy passes requests on, such as "/photos"; empty: none.
  std::string base_path;
  std::size_t upload_bytes = 64U << 20U;  // setting: server.upload_mb
};

// The router, the access rules and the metrics must outlive it.
class Api final : public HttpHandler {
 public:
  Api(const Router& router, Access& access, ServerMetrics& metrics, ApiOptions options)
      : router_(router), access_(access), metrics_(metrics), options_(std::move(options)) {}

  Admission Admit(HttpRequest& head) override;
  HttpResponse Handle(const HttpRequest& request) override;
  HttpResponse Refuse(const std::string& request_id, int status, const std::string& detail) override;
  void Finished(const HttpRequest& request, int status, uint64_t bytes, std::chrono::microseconds took) override;

 private:
  const Router& router_;
  Access& access_;
  ServerMetrics& metrics_;
  const ApiOptions options_;
};

}  // namespace calotype
