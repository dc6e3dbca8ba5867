// For tests: where the source tree is.
#pragma once

#include <filesystem>

namespace calotype {

// Returns the root of the source tree: the nearest folder above the running program that has src/ and samples/. It is
// found at run time, so that test objects do not depend on where the tree is, and compiler caches work across clones.
inline std::filesystem::path SourceDir() {
  namespace fs = std::filesystem;
  for (fs::path at = fs::read_symlink("/proc/self/exe"); at.has_relative_path(); at = at.parent_path()) {
    if (fs::exists(at / "src") && fs::exists(at / "samples")) {
      return at;
    }
  }
  return fs::current_path();
}

}  // namespace calotype
