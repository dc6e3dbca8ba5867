#include "inference/placement/device_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace calotype {

std::string DeviceOption::engine_kind() const {
  const std::string full = engine->name();
  return full.substr(0, full.find(' '));
}

std::string DeviceOption::name() const { return fmt::format("{} {} {}", engine_kind(), device, precision); }

std::vector<DeviceOption> ListDeviceOptions(std::span<const std::shared_ptr<Engine>> engines) {
  std::vector<DeviceOption> options;
  for (const std::shared_ptr<Engine>& engine : engines) {
    for (const EngineDevice& device : engine->devices()) {
      for (const std::string& precision : device.precisions) {
        options.push_back({.engine = engine, .device = device.device, .precision = precision, .usable = device.usable});
      }
    }
  }
  return options;
}

std::vector<std::vector<std::size_t>> GroupOptions(const DevicePolicy& policy, std::span<const DeviceOption> options) {
  const DeviceSelector anything;
  const std::span<const DeviceSelector> selectors =
      policy.automatic() ? std::span(&anything, 1) : std::span(policy.selectors);
  std::vector<std::vector<std::size_t>> groups;
  std::set<std::size_t> taken;
  for (const DeviceSelector& selector : selectors) {
    std::vector<std::size_t>& group = groups.emplace_back();
    for (std::size_t i = 0; i < options.size(); ++i) {
      const DeviceOption& option = options[i];
      if (selector.Matches(option.engine_kind(), option.device, option.precision) && taken.insert(i).second) {
        group.push_back(i);
      }
    }
  }
  return groups;
}

}  // namespace calotype
