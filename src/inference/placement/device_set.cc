#include "inference/placement/device_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "inference/compatibility/preload.h"

namespace calotype {
namespace {

constexpr std::string_view kCuda = "cuda";

std::string MachineKey(const MachineFacts& facts) {
  std::string key = facts.cpu.Key();
  if (!facts.nvidia.driver_version.empty()) {
    key += fmt::format(", driver {}", facts.nvidia.driver_version);
  }
  for (const NvidiaGpu& gpu : facts.nvidia.gpus) {
    key += fmt::format(", {}", gpu.name);
  }
  return key;
}

// Applies the verdict on CUDA to the engine's list: the engine knows which libraries exist, not whether they work
// together.
void Judge(const MachineFacts& facts, const std::shared_ptr<Engine>& onnxruntime, std::vector<DeviceOption>& options) {
  if (facts.cuda.outcome != Outcome::kFails) {
    return;
  }
  const Status reason = absl::FailedPreconditionError(facts.cuda.ToString());
  auto cuda = std::ranges::find(options, kCuda, &DeviceOption::device);
  if (cuda == options.end()) {
    options.push_back({.engine = onnxruntime, .device = std::string(kCuda), .precision = "f32"});
    cuda = std::prev(options.end());
  }
  cuda->usable = reason;
  cuda->present = facts.nvidia.pci_gpus > 0 || !facts.nvidia.gpus.empty();
}

}  // namespace

StatusOr<DeviceSet> OpenDevices(const DeviceRequest& request) {
  DeviceSet set;
  if (request.reference_alone) {
    CALOTYPE_ASSIGN_OR_RETURN(auto onnxruntime, OpenOnnxRuntime({.library = request.onnxruntime, .plugins = {}}));
    set.engines.push_back(std::move(onnxruntime));
    set.options = ListDeviceOptions(set.engines);
    std::erase_if(set.options, [](const DeviceOption& option) { return option.device != "cpu"; });
    return set;
  }
  set.facts = ProbeMachine(request.onnxruntime);
  set.machine_key = MachineKey(set.facts);
  if (set.facts.provider.provider && set.facts.cuda.outcome != Outcome::kFails) {
    for (const std::string& failed : PreloadCudaLibraries(set.facts.provider.folder).failed) {
      LogInfo("{}", failed);
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<Engine> onnxruntime,
                            OpenOnnxRuntime({.library = request.onnxruntime, .plugins = request.plugins}));
  set.engines.push_back(onnxruntime);
  if (request.openvino != "none") {
    StatusOr<std::shared_ptr<Engine>> openvino = OpenOpenVino(request.openvino);
    if (openvino.ok()) {
      set.engines.push_back(*std::move(openvino));
    } else if (!request.openvino.empty()) {
      return openvino.status();
    } else {
      set.openvino = openvino.status();
    }
  }
  set.options = ListDeviceOptions(set.engines);
  Judge(set.facts, onnxruntime, set.options);
  return set;
}

}  // namespace calotype
