// For tests: the inference libraries that the set-up fetched.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "base/folders.h"

namespace calotype {

// `folder` of the cache ("onnxruntime/lib", "openvino/libs"); empty, which means the system's library, where the set-up
// did not fetch it.
inline std::filesystem::path FetchedLibrary(const std::filesystem::path& folder) {
  const std::filesystem::path fetched =
      FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache / folder;
  return std::filesystem::exists(fetched) ? fetched : std::filesystem::path();
}

}  // namespace calotype
