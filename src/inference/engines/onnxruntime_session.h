// Implements Session with ONNX Runtime.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/mapped_file.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/engines/onnxruntime_api.h"
#include "inference/engines/onnxruntime_environment.h"

namespace calotype {

// Wraps an ONNX Runtime session. kUnimplemented if a tensor's type is not supported. May throw Ort::Exception. The
// session keeps `arena`, which it may compute in, and `memory`, the mapped model which it may still read from.
// `run_limit` is SessionOptions::run_limit.
StatusOr<std::unique_ptr<Session>> MakeOnnxRuntimeSession(Ort::Session session, DeviceInfo device,
                                                          std::chrono::milliseconds run_limit,
                                                          std::unique_ptr<ArenaShare> arena = nullptr,
                                                          std::optional<MappedFile> memory = std::nullopt);

}  // namespace calotype
