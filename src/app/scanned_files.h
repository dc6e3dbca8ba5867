// The files of a catalogue on this machine's disks.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/scanner_catalog.h"
#include "photo/photo_reader.h"
#include "search/library_files.h"

namespace calotype {

// True if there is a file at `path` now. The catalogue knows only what the last scan saw. Of an object, which takes a
// request to look at, it is believed.
bool IsFileThere(const std::string& path);

// Keeps the last pictures that were read: at most 64, 190 MB.
class ScannedFiles final : public LibraryFiles {
 public:
  // Files are read within `limits`. `catalog` must outlive this object.
  ScannedFiles(ScannerCatalog& catalog, const DecodeLimits& limits);

  std::optional<LibraryFile> Find(const std::string& path) override;
  bool Exists(const std::string& path) override;
  StatusOr<std::shared_ptr<const Picture>> Read(const std::string& path) override ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<std::shared_ptr<const Picture>> ReadLarge(const std::string& path, int side) override;

 private:
  using Result = StatusOr<std::shared_ptr<const Picture>>;

  Result Decode(const std::string& path, int side) const;

  ScannerCatalog& catalog_;
  DecodeLimits limits_;
  const std::unique_ptr<PhotoReader> reader_;
  Mutex mutex_;
  std::list<std::pair<std::string, Result>> recent_ ABSL_GUARDED_BY(mutex_);  // the latest first
  std::unordered_map<std::string, std::list<std::pair<std::string, Result>>::iterator> by_path_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
