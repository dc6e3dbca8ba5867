// Loads CUDA's libraries from a folder that the system's loader does not search, before the provider that needs them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace calotype {

struct Preloaded {
  std::vector<std::filesystem::path> loaded;  // in loading order
  std::vector<std::string> failed;            // the loader's messages for libraries that failed to load
};

// Loads the libraries of CUDA and cuDNN in `folder` (of a runtime) or in the Python environment around it, each before
// those that need it, until the process ends. The loader does not search for a soname that is already loaded, so ONNX
// Runtime's CUDA provider finds them. It is no error if there are none. Call it once, before the provider is used.
// Takes about 0.1 s from a warm disk; code is read when it is used.
Preloaded PreloadCudaLibraries(const std::filesystem::path& folder);

}  // namespace calotype
