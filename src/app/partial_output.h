// A file that is written piece by piece and gets its name when it is complete.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// Writes to FILE.part; if FILE is a device or a pipe, directly to FILE, which stays what it is. Errors are the system's
// own: kResourceExhausted for a full disk. Not thread-safe.
class PartialOutput {
 public:
  // If `file` is a link to a file, that file will be replaced, and the link stays.
  static StatusOr<PartialOutput> Open(const std::filesystem::path& file);
  PartialOutput(PartialOutput&& other) noexcept;
  PartialOutput& operator=(PartialOutput&&) = delete;
  PartialOutput(const PartialOutput&) = delete;
  PartialOutput& operator=(const PartialOutput&) = delete;
  // Removes FILE.part unless Finish() succeeded.
  ~PartialOutput();

  Status Write(std::string_view text);
  // Writes everything to the disk and renames FILE.part to FILE, which replaces an earlier one; for a device or a
  // pipe, does nothing. Call it once.
  Status Finish();

 private:
  PartialOutput(std::filesystem::path file, std::filesystem::path part);

  std::filesystem::path file_;
  std::filesystem::path part_;  // empty: nothing to rename or remove
  UniqueFd descriptor_;
};

}  // namespace calotype
