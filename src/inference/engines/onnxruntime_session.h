// A session of ONNX Runtime as a Session.
#pragma once

#include <memory>
#include <optional>

#include "base/mapped_file.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/engines/onnxruntime_api.h"
#include "inference/engines/onnxruntime_environment.h"

namespace calotype {

// Reads names, types and shapes; kUnimplemented for tensors that this program does not handle. May throw
// Ort::Exception. `arena` and `memory` are kept as long as the session: where it computes, if that is shared, and what
// it was made from, where it still reads there.
StatusOr<std::unique_ptr<Session>> MakeOnnxRuntimeSession(Ort::Session session, DeviceInfo device,
                                                          std::unique_ptr<ArenaShare> arena = nullptr,
                                                          std::optional<MappedFile> memory = std::nullopt);

}  // namespace calotype
