// A file that is being fetched: TARGET.partial, and TARGET.partial.etag with what its bytes are a part of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/file.h"
#include "base/sha256.h"
#include "base/status.h"

namespace calotype {

// One thread. Closing it keeps both files: the next one goes on where it ended.
class PartialFile {
 public:
  // Makes the folders above it, too, and reads what is there, for the hash.
  static StatusOr<PartialFile> Open(const std::filesystem::path& target);

  const std::filesystem::path& path() const { return path_; }
  int64_t size() const { return size_; }
  // Of the file at the hub, and of the answer that brought the bytes; empty when not known.
  const std::string& hub_etag() const { return hub_etag_; }
  const std::string& etag() const { return etag_; }

  // Throws away what is there.
  Status Restart();
  // Writes down what the bytes to come are a part of.
  Status Describe(const std::string& hub_etag, const std::string& etag);
  // kResourceExhausted, with the folder and what to do, when the disk is full.
  Status Append(std::span<const uint8_t> data);
  // On the disk, whatever happens to the machine.
  Status Sync();
  // Of all bytes; none can be appended after it.
  Sha256Digest Finish() { return hasher_.Finish(); }
  // Removes both files.
  void Delete();

  // Gives the whole file at `target`'s partial its name, in place of what has it, and forgets the etags.
  static Status Place(const std::filesystem::path& target);

 private:
  PartialFile(const std::filesystem::path& target, UniqueFd file);
  Status ReadWhatIsThere();

  std::filesystem::path path_;
  UniqueFd file_;
  int64_t size_ = 0;
  std::string hub_etag_;
  std::string etag_;
  Sha256Hasher hasher_;
};

// kResourceExhausted when the file system of `folder` (or of the nearest one above it that exists) has no `bytes` free;
// `knob` moves the folder.
Status CheckFreeSpace(const std::filesystem::path& folder, int64_t bytes, std::string_view knob = "models.folder");

// "41.5 MB", "1.2 GB".
std::string FormatBytes(int64_t bytes);

}  // namespace calotype
