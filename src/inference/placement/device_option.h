// The combinations of engine, device and precision on which models can run.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/device_policy.h"

namespace calotype {

// One engine, one of its devices, one precision.
struct DeviceOption {
  std::shared_ptr<Engine> engine;
  std::string device;
  std::string precision;
  Status usable;        // OK if it may work; otherwise why it cannot
  bool present = true;  // false if the hardware is missing; users are not told about such devices

  // The engine's name without its version: "onnxruntime", "openvino".
  std::string engine_kind() const;
  // "openvino cpu bf16"
  std::string name() const;
};

// All devices of `engines` in all their precisions, in the engines' order. The first is the reference: fp32 on the CPU
// of the first engine.
std::vector<DeviceOption> ListDeviceOptions(std::span<const std::shared_ptr<Engine>> engines);

// Returns the indices of the `options` that `policy` allows, in one group for each of its selectors, in order; "auto"
// has one group. An option is in the first group that matches it. Groups may be empty.
std::vector<std::vector<std::size_t>> GroupOptions(const DevicePolicy& policy, std::span<const DeviceOption> options);

}  // namespace calotype
