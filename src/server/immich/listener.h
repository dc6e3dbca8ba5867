// Answers Immich over HTTP: /, /ping and /predict, and nothing else. By Immich's protocol there are no tokens.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "app/predict.h"
#include "base/networks.h"
#include "base/shared_value.h"
#include "server/http/http_server.h"
#include "server/http/metrics.h"

namespace calotype {

struct ImmichListenerOptions {
  Networks allowed;                       // the networks of clients; empty: all
  std::size_t upload_bytes = 64U << 20U;  // setting: server.upload_mb
};

// Newer versions of Immich keep the path of the URL in their settings, so paths may have a prefix: /ml/predict.
// The service and the metrics must outlive it.
class ImmichListener final : public HttpHandler {
 public:
  ImmichListener(PredictService& service, ServerMetrics& metrics, ImmichListenerOptions options)
      : service_(service),
        metrics_(metrics),
        allowed_(std::move(options.allowed)),
        upload_bytes_(options.upload_bytes) {}

  // The networks of clients from now on.
  void Allow(Networks allowed) { allowed_.Set(std::move(allowed)); }

  // Small requests carry a text, for which somebody waits: they have threads of their own.
  Admission Admit(HttpRequest& head) override;
  HttpResponse Handle(const HttpRequest& request) override;
  HttpResponse Refuse(const std::string& request_id, int status, const std::string& detail) override;
  void Finished(const HttpRequest& request, int status, uint64_t bytes, std::chrono::microseconds took) override;

 private:
  PredictService& service_;
  ServerMetrics& metrics_;
  SharedValue<Networks> allowed_;
  const std::size_t upload_bytes_;
};

}  // namespace calotype
