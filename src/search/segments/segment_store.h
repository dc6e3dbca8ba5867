// Where the files of index segments lie for all machines: a folder, or object storage.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/status.h"
#include "search/segments/manifest.h"

namespace calotype {

// "a/b.c" becomes "a_b_c": an embedding space as the name of a folder.
std::string FolderOfSpace(std::string_view space);

// Thread-safe.
class SegmentStore {
 public:
  // `address` is "s3://BUCKET/FOLDER" or the path of a folder that all machines see.
  explicit SegmentStore(std::string address) : address_(std::move(address)) {}

  // Stores an open file under its hash, and returns both. Files that are there already are not sent again.
  StatusOr<SegmentFile> Put(std::string_view space, const UniqueFd& file, const std::stop_token& stop) const;

  // Makes `to` a copy of `file`, unless it is there. Bytes of an interrupted copy are not fetched again: they are in
  // `to` with ".part" at the end. The hash is checked before the copy gets its name; kDataLoss when it is another one.
  // `to` is not complete before this returns OK.
  Status Fetch(std::string_view space, const SegmentFile& file, const std::filesystem::path& to,
               const std::stop_token& stop) const;

  Status Remove(std::string_view space, const SegmentFile& file, const std::stop_token& stop) const;

 private:
  std::string PathOf(std::string_view space, const SegmentFile& file) const;

  const std::string address_;
};

}  // namespace calotype
