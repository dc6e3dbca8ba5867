// One scan per catalogue at a time: two would take each other's work for that of a process that died.
#pragma once

#include <filesystem>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// Held while it lives; the system lets go of it when the process dies, however it dies.
class ScanLock {
 public:
  // Takes the lock of the catalogue in `catalog_file`. kFailedPrecondition, with the holder's process number, when
  // another has it.
  static StatusOr<ScanLock> Take(const std::filesystem::path& catalog_file);

 private:
  explicit ScanLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace calotype
