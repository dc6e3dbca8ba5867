// Walks folders and books what is new: the first step of a photo's way.
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

#include "base/status.h"
#include "catalog/scanner_catalog.h"
#include "photo/photo_reader.h"
#include "pipeline/ignore_rules.h"

namespace calotype {

struct ScannerOptions {
  std::vector<std::string> exclude;  // patterns for every root, as lines of an ignore file in it
  bool follow_links = false;         // enter symbolic links to folders; each folder once, whatever leads to it
  bool gone_is_deleted = false;      // believe that what is not there was deleted, however much it is
};

// Written by the scanner's thread, read by any.
struct ScannerCounts {
  std::atomic<int64_t> photos{0};     // files that are photos, or promise to be
  std::atomic<int64_t> unchanged{0};  // of these, known with the same size and time
  std::atomic<int64_t> problems{0};   // files and folders that could not be read
  std::atomic<int64_t> missing{0};    // known files that are gone, or are left out now
};

// Hears of a file or folder that could not be read.
using ProblemHandler = std::function<void(std::string_view path, std::string_view reason)>;

// One thread. Left out are hidden files and folders, those that storage boxes keep for themselves (IsSkippedName), and
// what an ignore file names. Sidecars, videos of live photos and pairs of RAW and JPEG are booked with their photos.
class Scanner {
 public:
  // All references must outlive the scanner.
  Scanner(ScannerCatalog& catalog, const PhotoReader& reader, const ScannerOptions& options, ScannerCounts& counts,
          ProblemHandler on_problem);

  // Books every photo at or below `root`, hashing those whose size or time changed; marks known ones that are gone as
  // missing. But when the root is not there, or nothing in it, or less than half of what was known below it, that is a
  // disk that is not mounted: a problem, and nothing is marked. A file or folder that cannot be read is a problem
  // (booked, told, counted), not an error. Errors are the catalogue's.
  Status Scan(const std::filesystem::path& root, const std::stop_token& stop);

  // The same for one folder of a root: the root as a whole is what must be there.
  Status ScanPart(const std::filesystem::path& folder, const std::filesystem::path& root, const std::stop_token& stop);

 private:
  struct Seen {
    std::string path;
    FileStamp stamp;
    Sha256Digest sha256;
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
  Status DropCompanions();
  Status VisitFile(const std::filesystem::path& path, Known& known);
  std::string IdentifierOf(const std::string& path) const;
  StatusOr<bool> Inspect(const std::filesystem::path& path, FileStamp stamp);
  void Problem(std::string_view path, std::string_view reason);
  Status FlushWhenDue();
  Status Flush();
  bool IsLeftOut(const std::string& path) const;
  StatusOr<bool> MarkMissing(const std::filesystem::path& root, int64_t known_in_root, const Known& gone);

  ScannerCatalog& catalog_;
  const PhotoReader& reader_;
  const ScannerOptions& options_;
  ScannerCounts& counts_;
  const ProblemHandler on_problem_;
  std::vector<Seen> seen_;
  std::vector<Companion> companions_;  // new and changed ones
  // Of the catalogue, by the paths of photo and companion; those that are seen are taken out.
  std::map<std::pair<std::string, std::string>, Companion> known_companions_;
  std::unordered_map<std::string, Companion> known_videos_;  // the videos among them, by their paths
  std::unordered_set<std::string> inspected_;                // new and changed photos of the folder
  std::vector<std::pair<std::string, std::string>> problems_;
  std::unordered_set<std::string> left_out_;         // files and folders that the patterns name
  std::set<std::pair<uint64_t, uint64_t>> entered_;  // device and inode of folders, where links are followed
  std::chrono::steady_clock::time_point last_flush_;
};

}  // namespace calotype
