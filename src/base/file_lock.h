// A lock between processes, on a file.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// Held while it lives; the system lets go of it when the process dies, however it dies. The file stays.
class FileLock {
 public:
  // Takes the lock on `file`, which is created when it is not there. kFailedPrecondition when another process has it:
  // "another `what` is running (process 123); wait for it or stop it".
  static StatusOr<FileLock> Take(const std::filesystem::path& file, std::string_view what);

 private:
  explicit FileLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace calotype
