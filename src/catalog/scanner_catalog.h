// The scanner's role: which files are known, and what a walk over a folder found.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "catalog/transaction.h"
#include "catalog/types.h"

namespace calotype {

// A known file, and the other known files with the same content.
struct FilesOfPhoto {
  PhotoId photo = 0;
  FileStamp stamp;               // of the file that was asked for
  std::vector<PhotoFile> files;  // the others, ordered by path
};

// Paths are absolute and normal. "At or below a root" includes the root itself, which may be a file.
class ScannerCatalog {
 public:
  virtual ~ScannerCatalog() = default;

  // The stamps of the known files at or below `root`, by path. Missing files are not among them.
  virtual StatusOr<std::unordered_map<std::string, FileStamp>> FilesUnder(std::string_view root) = 0;
  // The number of these files.
  virtual StatusOr<int64_t> CountFilesUnder(std::string_view root) = 0;
  // Records that `path` has this content and stamp. New content creates a photo with a pending row for each analysis of
  // the latest RequireAnalyses(), whichever process made that call. Known content only adds the path or updates its
  // stamp, so a moved, copied or touched file is not analysed again. Deletes an earlier read problem of the path.
  virtual StatusOr<PhotoId> AddFile(std::string_view path, const FileStamp& stamp, const Sha256Digest& sha256) = 0;
  // Replaces the stamp of a known file whose content did not change (StampMatch::kSameButOutdated).
  virtual Status UpdateFileStamp(std::string_view path, const FileStamp& stamp) = 0;
  // Records that the file or folder at `path` could not be read, until AddFile() of the path or ClearProblems().
  virtual Status AddProblem(std::string_view path, std::string_view reason) = 0;
  // Deletes the read problems at or below `root`. Call it when a scan starts: it meets them again if they persist.
  virtual Status ClearProblems(std::string_view root) = 0;
  // Missing files are not known here. kNotFound if no file is known at `path`.
  virtual StatusOr<FilesOfPhoto> FilesLike(std::string_view path) = 0;
  // Marks files as missing from now on. Their photos and findings stay until DeleteMissing().
  virtual Status MarkMissing(std::span<const std::string> paths) = 0;

  // Companions of the photos at or below `root`, ordered by photo and path.
  virtual StatusOr<std::vector<Companion>> CompanionsUnder(std::string_view root) = 0;
  // Records a companion that is new or changed. For a sidecar, the facts of its photo become pending.
  virtual Status PutCompanion(const Companion& companion) = 0;
  // Replaces the stamp of a known companion whose content did not change.
  virtual Status UpdateCompanionStamp(const Companion& companion) = 0;
  // Deletes a companion whose file is gone. For a sidecar, the facts of its photo become pending.
  virtual Status DropCompanion(const Companion& companion) = 0;

  // Records that a scan of `root` ended and found `files` photos.
  virtual Status FinishRoot(std::string_view root, int64_t files) = 0;
  // Scanned roots, ordered by path. Roots below another root are left out.
  virtual StatusOr<std::vector<std::string>> Roots() = 0;
  // Deletes the root, those below it, and their read problems, and marks all their files as missing. kNotFound if
  // `root` is not among Roots().
  virtual Status RemoveRoot(std::string_view root) = 0;

  // kFailedPrecondition when a transaction is open on this connection.
  virtual StatusOr<std::unique_ptr<Transaction>> BeginTransaction() = 0;
};

}  // namespace calotype
