#include "server/model_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace calotype {
namespace {

prometheus::Histogram::BucketBoundaries RunSeconds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}
prometheus::Histogram::BucketBoundaries LoadSeconds() { return {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}; }
prometheus::Histogram::BucketBoundaries Rows() { return {1, 2, 4, 8, 16, 32, 64}; }

double Seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

struct ModelMetrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& run_seconds = prometheus::BuildHistogram()
                                                               .Name("calotype_model_run_seconds")
                                                               .Help("Time of a run of a model")
                                                               .Register(registry);
  prometheus::Family<prometheus::Histogram>& run_rows = prometheus::BuildHistogram()
                                                            .Name("calotype_model_run_rows")
                                                            .Help("Photos, faces, lines or texts that shared a run")
                                                            .Register(registry);
  prometheus::Family<prometheus::Counter>& failed_runs =
      prometheus::BuildCounter().Name("calotype_model_failed_runs_total").Help("Runs that failed").Register(registry);
  prometheus::Family<prometheus::Histogram>& load_seconds =
      prometheus::BuildHistogram()
          .Name("calotype_model_load_seconds")
          .Help("Time to load a model; the first load may include measuring devices")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& load_failures = prometheus::BuildCounter()
                                                               .Name("calotype_model_load_failures_total")
                                                               .Help("Models that no device could load, by status")
                                                               .Register(registry);
  prometheus::Family<prometheus::Counter>& fallbacks = prometheus::BuildCounter()
                                                           .Name("calotype_model_fallbacks_total")
                                                           .Help("Devices that failed while a model ran, by status")
                                                           .Register(registry);
  prometheus::Family<prometheus::Gauge>& devices = prometheus::BuildGauge()
                                                       .Name("calotype_model_device")
                                                       .Help("1 for the device on which a loaded model runs")
                                                       .Register(registry);
  prometheus::Family<prometheus::Gauge>& bytes = prometheus::BuildGauge()
                                                     .Name("calotype_model_memory_bytes")
                                                     .Help("Memory of a loaded model, as estimated when it was loaded")
                                                     .Register(registry);

  Mutex mutex;
  std::map<std::string, std::string> device_of ABSL_GUARDED_BY(mutex);  // of loaded models

  // An empty device: the model is no longer loaded.
  void SetDevice(const std::string& model, const std::string& device) ABSL_LOCKS_EXCLUDED(mutex) {
    const MutexLock lock(&mutex);
    if (const auto before = device_of.find(model); before != device_of.end()) {
      devices.Add({{"model", model}, {"device", before->second}}).Set(0);
      device_of.erase(before);
    }
    if (!device.empty()) {
      devices.Add({{"model", model}, {"device", device}}).Set(1);
      device_of[model] = device;
    }
  }
};

ModelMetrics::ModelMetrics() : families_(std::make_unique<Families>()) {}
ModelMetrics::~ModelMetrics() = default;

void ModelMetrics::OnLoad(const std::string& model, const std::string& device, int64_t bytes,
                          std::chrono::nanoseconds took) {
  families_->load_seconds.Add({{"model", model}}, LoadSeconds()).Observe(Seconds(took));
  families_->bytes.Add({{"model", model}}).Set(static_cast<double>(bytes));
  families_->SetDevice(model, device);
}

void ModelMetrics::OnLoadFailure(const std::string& model, const Status& reason) {
  families_->load_failures.Add({{"model", model}, {"reason", absl::StatusCodeToString(reason.code())}}).Increment();
}

void ModelMetrics::OnUnload(const std::string& model) {
  families_->bytes.Add({{"model", model}}).Set(0);
  families_->SetDevice(model, "");
}

void ModelMetrics::OnFallback(const std::string& model, const std::string& device, const Status& reason) {
  families_->fallbacks.Add({{"model", model}, {"reason", absl::StatusCodeToString(reason.code())}}).Increment();
  families_->SetDevice(model, device);
}

void ModelMetrics::OnRun(const std::string& model, int64_t rows, std::chrono::nanoseconds took, bool succeeded) {
  families_->run_seconds.Add({{"model", model}}, RunSeconds()).Observe(Seconds(took));
  families_->run_rows.Add({{"model", model}}, Rows()).Observe(static_cast<double>(rows));
  if (!succeeded) {
    families_->failed_runs.Add({{"model", model}}).Increment();
  }
}

std::string ModelMetrics::Render() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace calotype
