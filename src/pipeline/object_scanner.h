// Lists folders in object storage and adds new and changed objects to the catalogue: what Scanner does for the file
// system.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/file_stamp.h"
#include "base/sha256.h"
#include "catalog/scanner_catalog.h"
#include "pipeline/gone_files.h"
#include "pipeline/ignore_rules.h"
#include "pipeline/scanner.h"
#include "storage/photo_storage.h"

namespace calotype {

// For one thread. Photos are recognised by the extension of their key, because other objects would have to be read.
// Hidden names and the patterns of ScannerOptions::exclude are skipped as in the file system. Ignore files, sidecars,
// live photos and pairs of RAW and JPEG are not looked for.
class ObjectScanner {
 public:
  // All references must outlive the scanner.
  ObjectScanner(ScannerCatalog& catalog, const ScannerOptions& options, ScannerCounts& counts,
                ProblemHandler on_problem);

  // As Scanner::ScanPart(), for a folder "s3://BUCKET/FOLDER". Several objects are read at the same time. When the
  // list cannot be completed, this is a problem of the folder, and no photo is taken for missing.
  Status ScanPart(const std::string& folder, const std::string& root, const std::stop_token& stop);

  // As Scanner::MarkMissing().
  Status MarkMissing();

 private:
  struct Found {
    std::string path;
    FileStamp stamp;
    bool is_new = true;
  };
  struct Read {
    Found found;
    StatusOr<Sha256Digest> sha256 = absl::UnknownError("not read");

    Status Readable() const {
      return sha256.ok() && found.stamp.size == 0 ? absl::InvalidArgumentError("the file is empty") : sha256.status();
    }
  };
  using Known = std::unordered_map<std::string, FileStamp>;

  Status VisitList(const StoredList& list, const IgnoreRules& rules, const std::string& root, Known& known,
                   const std::stop_token& stop);
  bool IsSkipped(const std::string& path, const std::string& root, const IgnoreRules& rules);
  std::vector<Read> ReadAll(std::vector<Found> found, const std::stop_token& stop) const;
  Status Store(const std::vector<Read>& read, const std::vector<std::pair<std::string, FileStamp>>& newer_stamps,
               const std::stop_token& stop);
  Status Problem(std::string_view path, std::string_view reason);

  ScannerCatalog& catalog_;
  const ScannerOptions& options_;
  ScannerCounts& counts_;
  const ProblemHandler on_problem_;
  std::vector<std::string> excluded_;  // known photos that a pattern leaves out
  GoneFiles gone_;
};

}  // namespace calotype
