// For tests: the inference libraries that the setup downloaded.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "base/folders.h"

namespace calotype {

// Returns `folder` ("onnxruntime/lib", "openvino/libs") in the cache, or an empty path, which means the system's
// library, if the setup did not download it.
inline std::filesystem::path FetchedLibrary(const std::filesystem::path& folder) {
  const std::filesystem::path fetched =
      FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache / folder;
  return std::filesystem::exists(fetched) ? fetched : std::filesystem::path();
}

}  // namespace calotype
