// For tests: an engine with simulated devices and faults.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "inference/engine.h"

namespace calotype {

// The behaviour of one device of FakeDeviceEngine. A run doubles its input.
struct FakeDevice {
  std::string device = "cpu";
  std::string precision = "f32";
  std::chrono::microseconds time{0};  // duration of a run; for "cpu", CPU time
  float error = 0;                    // added to every output number
  Status usable = absl::OkStatus();
  Status load = absl::OkStatus();
  // Called in each run with its number on this device, from 1 on, and the first number of the input. An error becomes
  // the run's result; a value is added to the output.
  std::function<StatusOr<float>(int run, float first)> fault = nullptr;
};

// Thread-safe. Faults can be changed between runs.
class FakeDeviceEngine final : public Engine {
 public:
  FakeDeviceEngine(std::string name, std::vector<FakeDevice> devices) : name_(std::move(name)) {
    for (FakeDevice& device : devices) {
      devices_.push_back(std::make_shared<State>());
      devices_.back()->fake = std::move(device);
    }
  }

  std::string name() const override { return name_; }
  std::vector<EngineDevice> devices() const override {
    std::vector<EngineDevice> list;
    for (const auto& state : devices_) {
      list.push_back({.device = state->fake.device,
                      .description = "",
                      .precisions = {state->fake.precision},
                      .usable = state->fake.usable});
    }
    return list;
  }

  StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path&, const SessionOptions& options) override {
    const std::shared_ptr<State> state = Find(options.device, options.precision);
    ++state->loads;
    CALOTYPE_RETURN_IF_ERROR(state->fake.load);
    return std::make_unique<FakeSession>(name_, state);
  }

  // Changes a device. Must not be called while a session runs or loads.
  FakeDevice& fake(const std::string& device, const std::string& precision = "f32") {
    return Find(device, precision)->fake;
  }
  int loads(const std::string& device, const std::string& precision = "f32") const {
    return Find(device, precision)->loads;
  }
  int runs(const std::string& device, const std::string& precision = "f32") const {
    return Find(device, precision)->runs;
  }

 private:
  struct State {
    FakeDevice fake;
    std::atomic<int> loads = 0;
    std::atomic<int> runs = 0;
  };

  class FakeSession final : public Session {
   public:
    FakeSession(std::string engine, std::shared_ptr<State> state)
        : engine_(std::move(engine)), state_(std::move(state)) {}
    const std::vector<TensorInfo>& inputs() const override { return tensors_; }
    const std::vector<TensorInfo>& outputs() const override { return tensors_; }
    std::optional<std::string> Metadata(const std::string&) const override { return std::nullopt; }
    DeviceInfo device() const override {
      return {.engine = engine_, .device = state_->fake.device, .precision = state_->fake.precision};
    }
    StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
      const int run = ++state_->runs;
      Spend(*state_);
      float off = state_->fake.error;
      if (state_->fake.fault) {
        CALOTYPE_ASSIGN_OR_RETURN(const float more, state_->fake.fault(run, inputs[0].data<float>()[0]));
        off += more;
      }
      Tensor output(ElementType::kFloat32, inputs[0].shape());
      for (std::size_t i = 0; i < output.elements(); ++i) {
        output.data<float>()[i] = 2 * inputs[0].data<float>()[i] + off;
      }
      return std::vector<Tensor>{output};
    }

   private:
    // For "cpu", computes until the CPU time is used, even if other threads use the CPU; other devices sleep.
    static void Spend(const State& state) {
      const auto worked = [] {
        timespec time = {};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
      };
      if (state.fake.device != "cpu") {
        std::this_thread::sleep_for(state.fake.time);
      }
      for (const auto until = worked() + state.fake.time; state.fake.device == "cpu" && worked() < until;) {
      }
    }

    const std::string engine_;
    const std::shared_ptr<State> state_;
    const std::vector<TensorInfo> tensors_ = {
        {.name = "x", .type = ElementType::kFloat32, .shape = std::vector<int64_t>{-1}}};
  };

  std::shared_ptr<State> Find(const std::string& device, const std::string& precision) const {
    const auto found = std::ranges::find_if(devices_, [&](const auto& state) {
      return state->fake.device == device && state->fake.precision == precision;
    });
    return devices_.at(
        static_cast<std::size_t>(found - devices_.begin()));  // throws if the test names a device that does not exist
  }

  const std::string name_;
  std::vector<std::shared_ptr<State>> devices_;
};

inline std::vector<Tensor> FakeInput(float value) {
  Tensor input(ElementType::kFloat32, {1});
  input.data<float>()[0] = value;
  return {input};
}

}  // namespace calotype
