// Implements Session with OpenVINO. For openvino_*.cc files only.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/engines/openvino_library.h"

namespace calotype {

// Compiles the ONNX file `model` for OpenVINO's device `target` ("CPU", "GPU.1"). `options` must be supported by that
// device.
StatusOr<std::unique_ptr<Session>> LoadOpenVinoSession(const OpenVinoLibrary& library, const std::string& target,
                                                       const std::filesystem::path& model,
                                                       const SessionOptions& options);

}  // namespace calotype
