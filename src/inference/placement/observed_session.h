// A session that tells an observer about its runs.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "inference/engine.h"
#include "inference/placement/model_observer.h"

namespace calotype {

// Thread-safe. The observer must outlive it.
class ObservedSession final : public Session {
 public:
  ObservedSession(std::unique_ptr<Session> session, std::string model, ModelObserver& observer)
      : session_(std::move(session)), model_(std::move(model)), observer_(observer) {}

  const std::vector<TensorInfo>& inputs() const override { return session_->inputs(); }
  const std::vector<TensorInfo>& outputs() const override { return session_->outputs(); }
  std::optional<std::string> Metadata(const std::string& key) const override { return session_->Metadata(key); }
  DeviceInfo device() const override { return session_->device(); }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    const auto start = std::chrono::steady_clock::now();
    StatusOr<std::vector<Tensor>> outputs = session_->Run(inputs);
    const int64_t rows = inputs.empty() || inputs[0].shape().empty() ? 1 : inputs[0].dim(0);
    observer_.OnRun(model_, rows, std::chrono::steady_clock::now() - start, outputs.ok());
    return outputs;
  }

 private:
  const std::unique_ptr<Session> session_;
  const std::string model_;
  ModelObserver& observer_;
};

}  // namespace calotype
