#include "inference/placement/loaded_on.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"

namespace calotype {
namespace {

constexpr std::string_view kCpu = "cpu";

bool IsCpu(const NotUsed& device) {
  const std::string& name = device.device;  // "openvino cpu f32", or a selector: "cpu", "openvino:cpu"
  return name == kCpu || name.find(" cpu ") != std::string::npos || name.find(":cpu") != std::string::npos;
}

// True if the machine lacks the hardware and nobody asked for it.
bool IsAbsent(const NotUsed& device, std::span<const DeviceOption> options) {
  const auto option = std::ranges::find(options, device.device, &DeviceOption::name);
  return !device.news && option != options.end() && !option->present;
}

bool AllowsOthers(const DevicePolicy& policy) {
  return policy.automatic() || std::ranges::any_of(policy.selectors, [](const DeviceSelector& selector) {
           return selector.device.empty() ? selector.engine.empty() : selector.device != kCpu;
         });
}

}  // namespace

CpuReason WhyOnCpu(const DevicePolicy& policy, std::string_view setting, std::span<const DeviceOption> options,
                   const std::vector<NotUsed>& not_used) {
  if (!AllowsOthers(policy)) {
    return {.text = fmt::format("{} is {}; auto also allows GPUs", setting, policy.ToString())};
  }
  const auto gpu = std::ranges::find_if(
      not_used, [&](const NotUsed& device) { return !IsCpu(device) && !IsAbsent(device, options); });
  if (gpu == not_used.end()) {
    return {.text = "this machine has no GPU that Calotype can use"};
  }
  return {.text = fmt::format("{} is not used: {}", gpu->device, gpu->reason), .device = &*gpu};
}

std::string LoadedOn(std::string_view title, const DeviceInfo& device, const std::optional<Trial>& trial,
                     std::string_view reason) {
  const std::string name = absl::AsciiStrToUpper(device.device);
  const bool on_cpu = device.device == kCpu;
  const std::string_view mode = on_cpu || device.device == "npu" ? std::string_view(name) : "GPU";
  return fmt::format("{} loaded on {} ({} mode){}{}", title, name, mode,
                     on_cpu ? fmt::format(": {}", reason) : std::string(),
                     trial ? fmt::format("{} {:.{}f} ms per run", on_cpu ? ";" : ",", trial->milliseconds,
                                         trial->milliseconds < 10 ? 1 : 0)
                           : std::string());
}

}  // namespace calotype
