// Says in words on which device a model was loaded, and why not on a GPU. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/engine.h"
#include "inference/placement/device_option.h"
#include "inference/placement/device_policy.h"
#include "inference/placement/device_store.h"

namespace calotype {

// Why a model runs on the CPU: what keeps it from a GPU, and the remedy.
struct CpuReason {
  std::string text;
  const NotUsed* device = nullptr;  // the GPU that is not used, one of `not_used`; null if there is none
};

// `setting` is the key of `policy`: "devices.faces.detect".
CpuReason WhyOnCpu(const DevicePolicy& policy, std::string_view setting, std::span<const DeviceOption> options,
                   const std::vector<NotUsed>& not_used);

// "InsightFace detection loaded on CUDA (GPU mode), 12 ms per run", or
// "InsightFace detection loaded on CPU (CPU mode): REASON; 190 ms per run". `reason` is ignored for other devices.
std::string LoadedOn(std::string_view title, const DeviceInfo& device, const std::optional<Trial>& trial,
                     std::string_view reason);

}  // namespace calotype
