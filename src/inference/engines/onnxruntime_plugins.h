// Registers execution providers in separate libraries with ONNX Runtime's environment.
#pragma once

#include <string>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/engines/onnxruntime_api.h"
#include "inference/engines/onnxruntime_library.h"

namespace calotype {

struct RegisteredPlugin {
  // OK if the plug-in can be used. kFailedPrecondition: the runtime is too old, the plug-in offers no device here, or
  // another library has its name. Other errors have the runtime's message.
  Status usable;
  // The other members are set only if it is usable. If a plug-in offers several devices, its first GPU is used, else
  // its first NPU, else its first CPU.
  Ort::ConstEpDevice device;
  std::string provider;     // its name in ONNX Runtime
  std::string description;  // "NvTensorRTRTXExecutionProvider on a GPU of NVIDIA"
};

// Registers `plugin` under its name, once per process: a later call returns the first result, or tries again if that
// failed. Registered providers stay until the process ends. Thread-safe. Call Environment() first.
RegisteredPlugin RegisterPlugin(const PluginProvider& plugin, const OnnxRuntimeLibrary& library);

}  // namespace calotype
