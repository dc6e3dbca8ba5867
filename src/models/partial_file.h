// A file during its download: TARGET.partial holds the bytes, TARGET.partial.etag identifies the file that they belong
// to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/file.h"
#include "base/sha256.h"
#include "base/status.h"

namespace calotype {

// Not thread-safe. Closing it keeps both files, so that the next download resumes there.
class PartialFile {
 public:
  // Opens or creates the partial file and the folders above it. Reads existing bytes to compute the hash.
  static StatusOr<PartialFile> Open(const std::filesystem::path& target);

  const std::filesystem::path& path() const { return path_; }
  int64_t size() const { return size_; }
  // The etags of the file on the hub and of the response that the bytes came from; empty when unknown.
  const std::string& hub_etag() const { return hub_etag_; }
  const std::string& etag() const { return etag_; }

  // Discards the bytes so far.
  Status Restart();
  // Records which file the following bytes belong to.
  Status Describe(const std::string& hub_etag, const std::string& etag);
  // Returns kResourceExhausted when the disk is full, with the folder and what to do.
  Status Append(std::span<const uint8_t> data);
  // Flushes the file to disk, so that it survives a crash of the machine.
  Status Sync();
  // Returns the digest of all bytes; do not append after it.
  Sha256Digest Finish() { return hasher_.Finish(); }
  // Deletes both files.
  void Delete();

  // Renames the complete partial file to `target`, replacing an existing file, and deletes the etags.
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

// Returns kResourceExhausted when the file system of `folder` (or of its nearest existing parent) has less than `bytes`
// free. `setting` is the setting that moves the folder, for the message.
Status CheckFreeSpace(const std::filesystem::path& folder, int64_t bytes, std::string_view setting = "models.folder");

}  // namespace calotype
