// The devices that a user allows for a model.
//
// A policy is "auto" or a list of selectors, tried in order. A selector names an engine, a device, a precision, or
// several of these joined by colons: "cpu", "cuda", "openvino", "openvino:f32", "openvino:gpu:f16". "gpu" means every
// GPU. Among the options that match one selector, the fastest one is used. Upper case is accepted, and so are ONNX
// Runtime's names ("CUDAExecutionProvider") and the number of the first device ("cuda:0").
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

struct DeviceSelector {
  std::string text;  // as written in the settings
  // An empty member matches everything.
  std::string engine;
  std::string device;
  std::string precision;

  bool Matches(std::string_view of_engine, std::string_view of_device, std::string_view of_precision) const;
};

struct DevicePolicy {
  std::vector<DeviceSelector> selectors;  // empty: auto

  bool automatic() const { return selectors.empty(); }
  std::string ToString() const;
};

// Parses `names`, the value of the setting `key`. `plugins` are the names of plug-in providers, which are devices too.
// kInvalidArgument, with the key, the value and the allowed names, for an unknown name and for a list that makes no
// sense (empty, a device twice, "auto" with others, "openvino:cuda", "cuda:1").
StatusOr<DevicePolicy> ParseDevicePolicy(std::string_view key, std::span<const std::string> names,
                                         std::span<const std::string> plugins);

}  // namespace calotype
