#include "server/health_server.h"

#include <chrono>
#include <ctime>
#include <optional>
#include <utility>

#include "server/fleet_metrics.h"
#include "server/http/http_server.h"
#include "server/http/problem.h"
#include "server/http/request_log.h"
#include "server/http/router.h"
#include "server/model_metrics.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

HttpLimits LimitsOfHealth() {
  HttpLimits limits;
  limits.connections = 100;
  limits.waiting = 100;
  limits.quick_threads = 1;
  limits.heavy_threads = 1;
  limits.model_threads = 1;
  return limits;
}

}  // namespace

class HealthServer::Impl final : public HttpHandler {
 public:
  Impl(App& app, std::function<ProcessState()> state) : app_(app), state_(std::move(state)), http_(LimitsOfHealth()) {
    app_.ObserveModels(&model_metrics_);
    AddHealthRoutes(
        router_, [this] { return state_().reachable; },
        [this] { return RenderProcess(state_(), started_) + model_metrics_.Render(); });
  }
  ~Impl() override {
    http_.Stop();
    app_.ObserveModels(nullptr);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status Start(const std::string& address) {
    CALOTYPE_ASSIGN_OR_RETURN(const Endpoint endpoint, ParseEndpoint(address));
    CALOTYPE_ASSIGN_OR_RETURN(const uint16_t port, http_.Listen(endpoint, std::nullopt, *this));
    url_ = UrlOf("http", {.host = endpoint.host, .port = port});
    http_.Start();
    return absl::OkStatus();
  }

  const std::string& url() const { return url_; }

  Admission Admit(HttpRequest& head) override {
    Admission admission;
    const Router::Match match = router_.Find(head.method, head.path);
    if (!head.Header("origin").empty()) {
      admission.refusal = Refuse(head.id, http_status::kForbidden, "requests of web pages are not answered");
    } else if (match.route == nullptr) {
      admission.refusal = router_.Run(head);  // says what is wrong
    } else {
      admission.lane = match.route->lane;
    }
    return admission;
  }
  HttpResponse Handle(const HttpRequest& request) override { return router_.Run(request); }
  HttpResponse Refuse(const std::string& request_id, int status, const std::string& detail) override {
    return Problem(request_id, status, detail);
  }
  void Finished(const HttpRequest& request, int status, uint64_t /*bytes*/, std::chrono::microseconds took) override {
    LogRequest("health: ", request, status, took);
  }

 private:
  App& app_;
  const std::function<ProcessState()> state_;
  const double started_ = static_cast<double>(time(nullptr));
  ModelMetrics model_metrics_;
  Router router_;
  std::string url_;
  HttpServer http_;  // stopped before what it uses is destroyed
};

StatusOr<std::unique_ptr<HealthServer>> HealthServer::Start(App& app, const std::string& address,
                                                            std::function<ProcessState()> state) {
  auto impl = std::make_unique<Impl>(app, std::move(state));
  CALOTYPE_RETURN_IF_ERROR(impl->Start(address));
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(impl)));
}

HealthServer::HealthServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HealthServer::~HealthServer() = default;
const std::string& HealthServer::url() const { return impl_->url(); }

}  // namespace calotype
