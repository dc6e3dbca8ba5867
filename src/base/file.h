// Opens files, reads them whole and writes them atomically.
#pragma once

#include <sys/types.h>

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

// Owns a file descriptor and closes it in the destructor.
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

// Returns the Status of a failed system call: `error` is errno, `what` is what was tried ("cannot open /a/b").
Status ErrnoStatus(int error, std::string_view what);

// Opens a regular file for reading. Returns kNotFound, kPermissionDenied, or kInvalidArgument when it is not a regular
// file. Opens with O_NONBLOCK so that a named pipe does not block, and with O_CLOEXEC.
StatusOr<UniqueFd> OpenForReading(const std::filesystem::path& path);

// True when `path` is `folder` or lies below it. Compares names only; both paths must be in normal form.
bool IsAtOrBelow(const std::filesystem::path& path, const std::filesystem::path& folder);

// Reads an open file from its start to its end. Returns kResourceExhausted when it is larger than `max_bytes`; the
// message then names `setting`, which raises the limit.
StatusOr<std::vector<uint8_t>> ReadAll(int descriptor, std::size_t max_bytes, std::string_view setting);

// Reads the file at `path`, at most 1 GiB.
StatusOr<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path);

// Reads the file at `path` as text, at most 1 GiB.
StatusOr<std::string> ReadTextFile(const std::filesystem::path& path);

// Makes a sealed file in memory with these bytes, for code that reads open files. `name` appears in /proc only.
StatusOr<UniqueFd> MakeMemoryFile(const char* name, std::span<const uint8_t> data);

// Seals a file in memory: neither its bytes nor its size can change any more. No writable mapping of it may be left.
Status SealFile(const UniqueFd& file);

// True for a file in memory that is sealed.
bool IsSealed(const UniqueFd& file);

// Writes all of `data` at the file's position. Returns the error of the system call: kResourceExhausted for a full
// disk.
Status WriteAll(int descriptor, std::span<const uint8_t> data);

// Renames a file within its file system, and never replaces another one. kAlreadyExists when there is something at
// `to`; kFailedPrecondition when `to` is on another file system, or the file system cannot rename so.
Status RenameWithoutReplacing(const std::filesystem::path& from, const std::filesystem::path& to);

// Flushes the folder itself to disk, so that files created or renamed in it survive a crash of the machine.
Status SyncFolder(const std::filesystem::path& folder);

// Writes a temporary file beside `path`, syncs it and renames it to `path`. Readers see either the old file or the
// complete new one. The permissions of the old file are kept; a new one gets `mode`.
Status WriteFileAtomically(const std::filesystem::path& path, std::span<const uint8_t> data, mode_t mode = 0644);

// Removes the temporary files that WriteFileAtomically() leaves in `folder` and its subfolders when the process is
// killed. Call it only for Calotype's own folders, and only while nothing else writes there.
void RemoveUnfinishedWrites(const std::filesystem::path& folder);

}  // namespace calotype
