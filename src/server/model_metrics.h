// What the server counts about models, in Prometheus' text format.
#pragma once

#include <memory>
#include <string>

#include "inference/placement/model_observer.h"

namespace calotype {

// Thread-safe. Labels are names of installed models, names of devices and status codes, so there are few of them,
// whatever clients send.
class ModelMetrics final : public ModelObserver {
 public:
  ModelMetrics();
  ~ModelMetrics() override;
  ModelMetrics(const ModelMetrics&) = delete;
  ModelMetrics& operator=(const ModelMetrics&) = delete;

  void OnLoad(const std::string& model, const std::string& device, int64_t bytes,
              std::chrono::nanoseconds took) override;
  void OnLoadFailure(const std::string& model, const Status& reason) override;
  void OnUnload(const std::string& model) override;
  void OnFallback(const std::string& model, const std::string& device, const Status& reason) override;
  void OnRun(const std::string& model, int64_t rows, std::chrono::nanoseconds took, bool succeeded) override;

  std::string Render() const;

 private:
  struct Families;
  const std::unique_ptr<Families> families_;
};

}  // namespace calotype
