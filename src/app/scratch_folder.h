// A folder for intermediate files of this process.
#pragma once

#include <filesystem>

#include "base/status.h"

namespace calotype {

// The folder PARENT/part-PID. Not thread-safe.
class ScratchFolder {
 public:
  // Removes the scratch folders in `parent` of processes that no longer exist.
  explicit ScratchFolder(const std::filesystem::path& parent);
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  // Removes the folder.
  ~ScratchFolder() { Clear(); }

  const std::filesystem::path& path() const { return path_; }
  // The folder does not exist before this. The error is the system's own.
  Status Create() const;
  // Removes the folder with all that is in it.
  void Clear() const;

 private:
  const std::filesystem::path path_;
};

}  // namespace calotype
