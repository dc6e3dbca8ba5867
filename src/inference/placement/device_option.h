// The ways in which models can be run on this machine.
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
  Status usable;        // why it is known not to work; OK when worth a try
  bool present = true;  // false when this machine has no such hardware at all, which is no news to its user

  // "onnxruntime", "openvino": the engine's name without its version.
  std::string engine_kind() const;
  // "openvino cpu bf16"
  std::string name() const;
};

// All devices of `engines`, each in all its precisions, in the engines' order. The first is the reference: fp32 on the
// CPU of the first engine.
std::vector<DeviceOption> ListDeviceOptions(std::span<const std::shared_ptr<Engine>> engines);

// Indices into `options` of those that `policy` allows: a group for each selector, in the policy's order; one group for
// "auto". An option belongs to the first group that matches it; groups may be empty.
std::vector<std::vector<std::size_t>> GroupOptions(const DevicePolicy& policy, std::span<const DeviceOption> options);

}  // namespace calotype
