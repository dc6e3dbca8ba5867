// A model as ONNX Runtime reads it: constants folded, normalisations within convolutions.
#pragma once

#include <filesystem>

#include "base/status.h"

namespace calotype {

// Writes `model` to `simplified` with what ONNX Runtime does to every graph before it knows a device; ONNX's own
// operators stay, so that the file can be worked on. ONNX Runtime must be open (OpenOnnxRuntime). The errors of
// Engine::Load.
Status SimplifyOnnx(const std::filesystem::path& model, const std::filesystem::path& simplified);

}  // namespace calotype
