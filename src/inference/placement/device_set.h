// Everything that models can run on, opened once.
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
  std::filesystem::path openvino;     // as in OpenOpenVino; "none" does without
  std::vector<PluginProvider> plugins;
  // ONNX Runtime for its CPU and nothing else: opens in a tenth of the time.
  bool reference_alone = false;
};

struct DeviceSet {
  std::vector<std::shared_ptr<Engine>> engines;
  // The reference first. A CUDA that cannot work is among them, not usable, with the reason and the remedy.
  std::vector<DeviceOption> options;
  MachineFacts facts;
  Status openvino;  // why it is not among the engines
  // What measurements depend on beside the engines: CPU, driver, GPUs.
  std::string machine_key;
};

// Probes the machine before anything is loaded, then opens the engines. ONNX Runtime must be there, since the reference
// runs on it; OpenVINO must be when a place for it is named. The errors name the setting.
StatusOr<DeviceSet> OpenDevices(const DeviceRequest& request);

}  // namespace calotype
