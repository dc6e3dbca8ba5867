// Walks folders and adds new and changed files to the catalogue.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/file_stamp.h"
#include "catalog/scanner_catalog.h"
#include "photo/photo_reader.h"
#include "pipeline/gone_files.h"
#include "pipeline/ignore_rules.h"

namespace calotype {

struct ScannerOptions {
  std::vector<std::string> exclude;  // patterns that apply in every root like the lines of an ignore file there
  bool follow_links = false;         // enter symbolic links to folders; each folder is visited once
  bool gone_is_deleted = false;      // treat all missing files as deleted, even if most of a root is missing
};

// Written by the thread of the scanner; any thread may read.
struct ScannerCounts {
  std::atomic<int64_t> photos{0};     // files that are photos, or have the extension of a photo
  std::atomic<int64_t> unchanged{0};  // of these, known files with the same stamp (CompareStamps)
  std::atomic<int64_t> problems{0};   // files and folders that could not be read
  std::atomic<int64_t> missing{0};    // known files that are gone and did not move, or are excluded now
  // Files that are no photos. Videos of live photos are not among them.
  std::atomic<int64_t> skipped_pdfs{0};
  std::atomic<int64_t> skipped_videos{0};
};

// Called for each file or folder that could not be read.
using ProblemHandler = std::function<void(std::string_view path, std::string_view reason)>;

// For one thread. Skips hidden files and folders, those that NAS systems create for their own use (IsSkippedName), and
// those that an ignore file names. Records sidecars, videos of live photos, and pairs of RAW and JPEG with their
// photos.
class Scanner {
 public:
  // All references must outlive the scanner.
  Scanner(ScannerCatalog& catalog, const PhotoReader& reader, const ScannerOptions& options, ScannerCounts& counts,
          ProblemHandler on_problem);

  // Adds every photo at or below `folder`, which is `root` or below it. Only files whose stamp changed are read and
  // hashed; when the content turns out to be the same, only the stamp is updated. Each file or folder that cannot be
  // read is a problem: it is stored, counted (ScannerCounts) and passed to `on_problem`, and the scan continues. The
  // returned errors are those of the catalogue.
  Status ScanPart(const std::filesystem::path& folder, const std::filesystem::path& root, const std::stop_token& stop);

  // Marks the known files that no ScanPart() found as missing (GoneFiles::Settle). Call it once, after the last
  // ScanPart(), but not when the scan was stopped. A disk that is probably not mounted is a problem.
  Status MarkMissing();

 private:
  struct Seen {
    std::string path;
    FileStamp stamp;
    Sha256Digest sha256;
    bool is_new = true;  // the path was not known
  };
  struct Folder {
    std::filesystem::path path;
    std::shared_ptr<const IgnoreRules> rules;
  };
  using Known = std::unordered_map<std::string, FileStamp>;

  Status Walk(const std::filesystem::path& from, const std::filesystem::path& root, Known& known,
              const std::stop_token& stop);
  std::shared_ptr<const IgnoreRules> RulesAbove(const std::filesystem::path& folder,
                                                const std::filesystem::path& root) const;
  Status VisitFolder(Folder folder, std::vector<Folder>& folders, Known& known, const std::stop_token& stop);
  bool Enters(const std::filesystem::directory_entry& entry);
  Status VisitFiles(const std::vector<std::filesystem::path>& files, Known& known);
  void VisitCompanions(const std::vector<std::filesystem::path>& files);
  std::string KnownPhotoOf(const std::string& video) const;
  Status VisitFile(const std::filesystem::path& path, Known& known);
  std::string IdentifierOf(const std::string& path) const;
  StatusOr<bool> Inspect(const std::filesystem::path& path, FileStamp stamp, bool is_new);
  void Problem(std::string_view path, std::string_view reason);
  Status FlushWhenDue();
  Status Flush();
  bool IsExcluded(const std::string& path) const;
  void NoteGone(const std::filesystem::path& root, int64_t known_in_root, const Known& gone);

  ScannerCatalog& catalog_;
  const PhotoReader& reader_;
  const ScannerOptions& options_;
  ScannerCounts& counts_;
  const ProblemHandler on_problem_;
  // Waiting for the next Flush().
  std::vector<Seen> seen_;
  std::vector<Companion> companions_;  // new and changed ones
  std::vector<std::pair<std::string, FileStamp>> newer_stamps_;
  std::vector<Companion> newer_companion_stamps_;
  // Known companions by the paths of photo and companion. Those that are found are removed.
  std::map<std::pair<std::string, std::string>, Companion> known_companions_;
  std::unordered_map<std::string, Companion> known_videos_;  // the videos among them, by path
  std::unordered_set<std::string> inspected_;                // new and changed photos of the current folder
  FileSystemKind file_system_ = FileSystemKind::kLocal;      // of the current folder
  std::vector<std::pair<std::string, std::string>> problems_;
  std::unordered_set<std::string> excluded_;  // files and folders that match a pattern
  GoneFiles gone_;
  std::set<std::pair<uint64_t, uint64_t>> entered_;  // device and inode of visited folders, when links are followed
  std::chrono::steady_clock::time_point last_flush_;
};

}  // namespace calotype
