// CUDA's libraries from a folder that the system's loader does not search, loaded before the provider that needs them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace calotype {

struct Preloaded {
  std::vector<std::filesystem::path> loaded;  // in the order in which they were
  std::vector<std::string> failed;            // the loader's words for those that could not be
};

// Loads the libraries of CUDA and cuDNN that lie in `folder` (of a runtime) or in the Python environment around it,
// each before those that need it, for the rest of the process: a library whose soname is loaded is not looked for
// again, so ONNX Runtime's CUDA provider finds them. Nothing there is no error. Call it once, before the provider is
// asked for. Costs about 0.1 s from a warm disk; code is read when it is used.
Preloaded PreloadCudaLibraries(const std::filesystem::path& folder);

}  // namespace calotype
