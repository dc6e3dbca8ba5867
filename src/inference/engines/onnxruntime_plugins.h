// Execution providers in libraries of their own, registered with ONNX Runtime's environment.
#pragma once

#include <string>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/engines/onnxruntime_api.h"
#include "inference/engines/onnxruntime_library.h"

namespace calotype {

struct RegisteredPlugin {
  // kFailedPrecondition: the runtime is too old, the plug-in offers no device here, or its name is taken by another
  // library; else why it could not be registered, in the runtime's own words.
  Status usable;
  // The rest is set when usable. Of several devices that a plug-in offers: its first GPU, else NPU, else CPU.
  Ort::ConstEpDevice device;
  std::string provider;     // what ONNX Runtime calls it
  std::string description;  // "NvTensorRTRTXExecutionProvider on a GPU of NVIDIA"
};

// Registers `plugin` under its name, once in this process: a second call answers what the first one found, and one that
// failed is tried again. Registered providers stay for the life of the process. Thread-safe; after Environment().
RegisteredPlugin RegisterPlugin(const PluginProvider& plugin, const OnnxRuntimeLibrary& library);

}  // namespace calotype
