// Opens the engines and lists all devices of this machine.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "inference/compatibility/machine_probe.h"
#include "inference/engine.h"
#include "inference/placement/device_option.h"

namespace calotype {

struct DeviceRequest {
  std::filesystem::path onnxruntime;  // as in OnnxRuntimeOptions
  std::filesystem::path openvino;     // as in OpenOpenVino(); "none": do not use OpenVINO
  std::vector<PluginProvider> plugins;
  // Open only ONNX Runtime on the CPU. Takes a tenth of the time.
  bool reference_alone = false;
};

struct DeviceSet {
  std::vector<std::shared_ptr<Engine>> engines;
  // The reference comes first. CUDA is listed even if it cannot work; `usable` then has the reason and the remedy.
  std::vector<DeviceOption> options;
  MachineFacts facts;
  Status openvino;  // OK if OpenVINO was opened; otherwise why not
  // Identifies the CPU, the GPU driver and the GPUs, on which measurements depend.
  std::string machine_key;
};

// Probes the machine, then opens the engines. ONNX Runtime must be found, because the reference runs on it; OpenVINO
// only if `openvino` names a path. Errors name the setting.
StatusOr<DeviceSet> OpenDevices(const DeviceRequest& request);

}  // namespace calotype
