// Decides what became of the known files that a scan did not find: moved, deleted, or on a disk that is not mounted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/scanner_catalog.h"

namespace calotype {

// The known files that the walk over one folder did not find.
struct GoneFromFolder {
  std::filesystem::path root;         // the scanned root that the folder is, or belongs to
  int64_t known_in_root = 0;          // files that were known below the root before the walk
  std::vector<std::string> vanished;  // paths
  std::vector<std::string> excluded;  // paths that a pattern leaves out, whether or not their files are there
  std::vector<Companion> companions;  // those that were not found
};

// For one scan and one thread.
class GoneFiles {
 public:
  // `catalog` must outlive the object. `gone_is_deleted`: no disk is taken as not mounted.
  GoneFiles(ScannerCatalog& catalog, bool gone_is_deleted) : catalog_(catalog), gone_is_deleted_(gone_is_deleted) {}

  // Records that this scan read a file with the content of `photo` at a path where it was not known.
  void Found(PhotoId photo) { found_.push_back(photo); }
  void Add(GoneFromFolder gone) { folders_.push_back(std::move(gone)); }

  // Marks the files of all folders as missing and drops the companions. Call it when all folders were walked, because a
  // file that vanished from one may have been found in the next. Such a file has moved: its path is marked as missing,
  // but it is not counted. If the root does not exist, is empty, or lacks more than half of its known files (moved ones
  // not counted), its disk is probably not mounted: only moved files are marked then, and `on_unmounted` is called with
  // the reason. Returns the number of files that are missing or excluded.
  StatusOr<int64_t> Settle(const std::function<void(std::string_view root, std::string_view reason)>& on_unmounted);

 private:
  StatusOr<bool> HasMoved(const std::string& path) const;

  ScannerCatalog& catalog_;
  const bool gone_is_deleted_;
  std::vector<PhotoId> found_;  // sorted by Settle()
  std::vector<GoneFromFolder> folders_;
};

}  // namespace calotype
