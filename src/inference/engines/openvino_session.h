// A model that OpenVINO compiled. Included by the openvino_*.cc files alone.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/engines/openvino_library.h"

namespace calotype {

// Compiles the ONNX file `model` for OpenVINO's device `target` ("CPU", "GPU.1"). `options` name what that device has.
StatusOr<std::unique_ptr<Session>> LoadOpenVinoSession(const OpenVinoLibrary& library, const std::string& target,
                                                       const std::filesystem::path& model,
                                                       const SessionOptions& options);

}  // namespace calotype
