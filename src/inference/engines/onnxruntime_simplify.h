// Simplifies a model with ONNX Runtime: constants are folded, normalisations merged into convolutions.
#pragma once

#include <filesystem>

#include "base/status.h"

namespace calotype {

// Writes `model` to `simplified` after the optimisations that ONNX Runtime does for all devices. The result has only
// standard ONNX operators, so it can be processed further. ONNX Runtime must be open (OpenOnnxRuntime). Returns the
// errors of Engine::Load().
Status SimplifyOnnx(const std::filesystem::path& model, const std::filesystem::path& simplified);

}  // namespace calotype
