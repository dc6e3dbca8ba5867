// calotype models pull runtime-cuda: ONNX Runtime for CUDA with NVIDIA's libraries, by pip in an environment of its
// own.
#pragma once

#include <filesystem>

#include "app/app.h"
#include "cli/command.h"

namespace calotype {

inline constexpr const char* kRuntimeCudaName = "runtime-cuda";

// Installs it, from the wheels in the folder `wheels` or, when that is empty, from the package index; says how to use
// it.
CommandResult PullRuntimeCuda(const App& app, const std::filesystem::path& wheels);

}  // namespace calotype
