// What a user allows a model to run on.
//
// A policy is "auto", or selectors in the order in which they are to be tried. A selector names an engine, a device or
// a precision, or several of them joined by colons: "cpu", "cuda", "openvino", "openvino:f32", "openvino:gpu:f16".
// "gpu" is every GPU. What a selector leaves open is measured.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

struct DeviceSelector {
  std::string text;  // as it was written
  // Empty where it was left open.
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

// `key` is the setting that has the value `names`; `plugins` are the names of plug-in providers, which are devices too.
// kInvalidArgument names the key, the value and what is allowed, for a name that is not known as for a list that cannot
// be obeyed (empty, twice the same, "auto" beside others, "openvino:cuda").
StatusOr<DevicePolicy> ParseDevicePolicy(std::string_view key, std::span<const std::string> names,
                                         std::span<const std::string> plugins);

}  // namespace calotype
