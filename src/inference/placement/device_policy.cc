#include "inference/placement/device_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace calotype {
namespace {

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kAnyGpu = "gpu";
constexpr std::string_view kOnnxRuntime = "onnxruntime";
constexpr std::string_view kOpenVino = "openvino";

constexpr std::array<std::string_view, 2> kEngines = {kOnnxRuntime, kOpenVino};
constexpr std::array<std::string_view, 4> kPrecisions = {"f32", "f16", "bf16", "int8"};

// Devices with fixed names and the engine that each needs; an empty engine: several have it.
struct KnownDevice {
  std::string_view name;
  std::string_view engine;
};
constexpr std::array kDevices = {
    KnownDevice{"cpu", ""},
    KnownDevice{"cuda", kOnnxRuntime},
    KnownDevice{kAnyGpu, ""},
    KnownDevice{"npu", kOpenVino},
};

// The names that ONNX Runtime gives to its execution providers, so that settings of Python programs can be used.
struct ProviderName {
  std::string_view name;  // in lower case
  std::string_view part;
};
constexpr std::array kProviderNames = {
    ProviderName{"cpuexecutionprovider", "cpu"},
    ProviderName{"cudaexecutionprovider", "cuda"},
    ProviderName{"openvinoexecutionprovider", kOpenVino},
};

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != std::ranges::end(names);
}

Status Refuse(std::string_view key, std::span<const std::string> names, std::string_view why,
              std::span<const std::string> plugins) {
  std::string devices;
  for (const KnownDevice& device : kDevices) {
    devices += fmt::format("{}, ", device.name);
  }
  for (const std::string& plugin : plugins) {
    devices += plugin + ", ";
  }
  return absl::InvalidArgumentError(fmt::format(
      "{} is [\"{}\"]: {}. Allowed: \"auto\", or a list in order of preference, of "
      "{}an engine ({}), a precision ({}), or some of these joined as in \"openvino:cpu:bf16\"",
      key, fmt::join(names, "\", \""), why, devices, fmt::join(kEngines, ", "), fmt::join(kPrecisions, ", ")));
}

std::vector<std::string> SplitAtColons(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool IsDevice(std::string_view name, std::span<const std::string> plugins) {
  return std::ranges::any_of(kDevices, [name](const KnownDevice& device) { return device.name == name; }) ||
         Contains(plugins, name);
}

// The engine that `device` needs; empty if several engines have it.
std::string_view EngineOf(std::string_view device, std::span<const std::string> plugins) {
  if (Contains(plugins, device)) {
    return kOnnxRuntime;
  }
  const auto known = std::ranges::find(kDevices, device, &KnownDevice::name);
  return known == kDevices.end() ? std::string_view() : known->engine;
}

// The name that the rest of this file uses for one part of a selector: "CUDA" and "CUDAExecutionProvider" are "cuda".
// Plug-ins may have upper-case letters in their names.
std::string StandardName(const std::string& part, std::span<const std::string> plugins) {
  if (Contains(plugins, part)) {
    return part;
  }
  const std::string lower = ToLowerAscii(part);
  const auto provider = std::ranges::find(kProviderNames, lower, &ProviderName::name);
  return std::string(provider == kProviderNames.end() ? lower : provider->part);
}

// Whether `part` is the number of a device, such as the "0" of "cuda:0".
bool IsOrdinal(std::string_view part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
}

bool SameDevices(const DeviceSelector& a, const DeviceSelector& b) {
  return a.engine == b.engine && a.device == b.device && a.precision == b.precision;
}

// Returns what is wrong with the selector `text`, or an empty string.
std::string ReadSelector(const std::string& text, std::span<const std::string> plugins, DeviceSelector& selector) {
  selector.text = text;
  for (const std::string& written : SplitAtColons(text)) {
    if (IsOrdinal(written) && !selector.device.empty()) {
      if (written.find_first_not_of('0') != std::string::npos) {
        return fmt::format(
            "\"{}\" names device number {}, and only the first one (0) is used; the environment variable "
            "CUDA_VISIBLE_DEVICES={} makes that GPU the first one",
            text, written, written);
      }
      continue;
    }
    const std::string part = StandardName(written, plugins);
    std::string* const slot = Contains(kEngines, part)      ? &selector.engine
                              : Contains(kPrecisions, part) ? &selector.precision
                              : IsDevice(part, plugins)     ? &selector.device
                                                            : nullptr;
    if (slot == nullptr) {
      return part == kAuto ? "\"auto\" cannot be combined with others" : fmt::format("\"{}\" is unknown", written);
    }
    if (!slot->empty()) {
      return fmt::format("\"{}\" names two alternatives, {} and {}", text, *slot, part);
    }
    *slot = part;
  }
  const std::string_view needed = EngineOf(selector.device, plugins);
  if (!selector.engine.empty() && !needed.empty() && selector.engine != needed) {
    return fmt::format("{} has no {}; only {} has", selector.engine, selector.device, needed);
  }
  return "";
}

}  // namespace

bool DeviceSelector::Matches(std::string_view of_engine, std::string_view of_device,
                             std::string_view of_precision) const {
  const bool same_device =
      device.empty() || device == of_device || (device == kAnyGpu && of_device != "cpu" && of_device != "npu");
  return (engine.empty() || engine == of_engine) && same_device && (precision.empty() || precision == of_precision);
}

std::string DevicePolicy::ToString() const {
  std::string text;
  for (const DeviceSelector& selector : selectors) {
    text += (text.empty() ? "" : ", ") + selector.text;
  }
  return text.empty() ? std::string(kAuto) : text;
}

StatusOr<DevicePolicy> ParseDevicePolicy(std::string_view key, std::span<const std::string> names,
                                         std::span<const std::string> plugins) {
  if (names.size() == 1 && ToLowerAscii(names.front()) == kAuto) {
    return DevicePolicy{};
  }
  if (names.empty()) {
    return Refuse(key, names, "an empty list allows no device", plugins);
  }
  DevicePolicy policy;
  for (const std::string& name : names) {
    DeviceSelector selector;
    if (const std::string wrong = ReadSelector(name, plugins, selector); !wrong.empty()) {
      return Refuse(key, names, wrong, plugins);
    }
    if (std::ranges::any_of(policy.selectors,
                            [&](const DeviceSelector& earlier) { return SameDevices(earlier, selector); })) {
      return Refuse(key, names, fmt::format("\"{}\" is listed twice", name), plugins);
    }
    policy.selectors.push_back(std::move(selector));
  }
  return policy;
}

}  // namespace calotype
