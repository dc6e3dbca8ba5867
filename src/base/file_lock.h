// A lock on a file that excludes other processes.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// Holds the lock until it is destroyed. The system releases it when the process dies in any way. The file itself stays.
class FileLock {
 public:
  // Locks `file`, which is created if missing. Does not wait: returns kFailedPrecondition when another process holds
  // the lock, with the message "another `what` is running (process 123); wait for it or stop it".
  static StatusOr<FileLock> Take(const std::filesystem::path& file, std::string_view what);

 private:
  explicit FileLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace calotype
