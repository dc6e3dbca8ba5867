// A session of ONNX Runtime as a Session.
#pragma once

#include <memory>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/engines/onnxruntime_api.h"

namespace calotype {

// Reads names, types and shapes; kUnimplemented for tensors that this program does not handle. May throw
// Ort::Exception.
StatusOr<std::unique_ptr<Session>> MakeOnnxRuntimeSession(Ort::Session session, DeviceInfo device);

}  // namespace calotype
