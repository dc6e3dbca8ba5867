// Files: open, read whole, write atomically.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace calotype {

// Owns a file descriptor; closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int descriptor) : descriptor_(descriptor) {}
  UniqueFd(UniqueFd&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd();

  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// The Status for a failed system call: `error` is errno, `what` says what was tried ("open /a/b").
Status ErrnoStatus(int error, std::string_view what);

// Opens a regular file for reading (O_CLOEXEC, O_NONBLOCK so that a pipe does not hang). kNotFound, kPermissionDenied,
// or kInvalidArgument when it is no regular file.
StatusOr<UniqueFd> OpenForReading(const std::filesystem::path& path);

// True when `path` is `folder` or lies below it, by their names alone; both normal.
bool IsAtOrBelow(const std::filesystem::path& path, const std::filesystem::path& folder);

// All bytes of an open file from its start. kResourceExhausted when it is larger than `max_bytes`; the message names
// `knob`, the setting that raises the limit.
StatusOr<std::vector<uint8_t>> ReadAll(int descriptor, std::size_t max_bytes, std::string_view knob);

// All bytes of the file at `path`, at most 1 GiB.
StatusOr<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path);

// The same as text.
StatusOr<std::string> ReadTextFile(const std::filesystem::path& path);

// Writes all of `data` at the file's position. The error is the system's own: kResourceExhausted for a full disk.
Status WriteAll(int descriptor, std::span<const uint8_t> data);

// Makes names that were given to files in `folder` survive a crash of the machine.
Status SyncFolder(const std::filesystem::path& folder);

// Writes to a temporary file beside `path`, syncs, renames: readers see the old file or the whole new one.
Status WriteFileAtomically(const std::filesystem::path& path, std::span<const uint8_t> data);

// Removes the temporary files that processes which were killed in WriteFileAtomically have left in `folder` and below
// it. For folders that are ours, while nobody else writes there.
void RemoveUnfinishedWrites(const std::filesystem::path& folder);

}  // namespace calotype
