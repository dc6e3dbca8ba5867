// For tests: an Engine whose models return what the test specifies.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "inference/engine.h"

namespace calotype {

struct FakeModel {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  std::map<std::string, std::string> metadata;
  std::function<StatusOr<std::vector<Tensor>>(std::span<const Tensor>)> run;
  std::string device = "cpu";
};

class FakeSession final : public Session {
 public:
  explicit FakeSession(FakeModel model) : model_(std::move(model)) {}

  const std::vector<TensorInfo>& inputs() const override { return model_.inputs; }
  const std::vector<TensorInfo>& outputs() const override { return model_.outputs; }
  std::optional<std::string> Metadata(const std::string& key) const override {
    const auto found = model_.metadata.find(key);
    return found == model_.metadata.end() ? std::nullopt : std::optional(found->second);
  }
  DeviceInfo device() const override { return {.engine = "fake", .device = model_.device, .precision = "f32"}; }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    ++runs_;
    return model_.run(inputs);
  }

  int runs() const { return runs_; }

 private:
  const FakeModel model_;
  std::atomic<int> runs_ = 0;
};

// Finds models by their file name.
class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(std::map<std::string, FakeModel> models) : models_(std::move(models)) {}

  std::string name() const override { return "fake"; }
  std::vector<EngineDevice> devices() const override {
    return {{.device = "cpu", .description = "", .precisions = {"f32"}, .usable = absl::OkStatus()}};
  }
  StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model, const SessionOptions&) override {
    const auto found = models_.find(model.filename().string());
    if (found == models_.end()) {
      return absl::NotFoundError("no such model: " + model.string());
    }
    return std::make_unique<FakeSession>(found->second);
  }

 private:
  const std::map<std::string, FakeModel> models_;
};

// The same, and counts loads. Several engines may share a counter.
class CountingEngine final : public Engine {
 public:
  using Counter = std::shared_ptr<std::atomic<int>>;

  explicit CountingEngine(std::map<std::string, FakeModel> models,
                          Counter loads = std::make_shared<std::atomic<int>>(0))
      : engine_(std::move(models)), loads_(std::move(loads)) {}
  std::string name() const override { return engine_.name(); }
  std::vector<EngineDevice> devices() const override { return engine_.devices(); }
  StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model, const SessionOptions& options) override {
    ++*loads_;
    return engine_.Load(model, options);
  }
  int loads() const { return *loads_; }

 private:
  FakeEngine engine_;
  const Counter loads_;
};

// Returns a float tensor with the given values.
inline Tensor FloatTensor(std::vector<int64_t> shape, std::span<const float> values) {
  Tensor tensor(ElementType::kFloat32, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.data<float>().begin());
  return tensor;
}

}  // namespace calotype
