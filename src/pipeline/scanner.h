// Walks folders and books what is new: the first step of a photo's way.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

// Written by the scanner's thread, read by any.
struct ScannerCounts {
  std::atomic<int64_t> photos{0};     // files that are photos, or promise to be
  std::atomic<int64_t> unchanged{0};  // of these, known with the same size and time
  std::atomic<int64_t> problems{0};   // files and folders that could not be read
  std::atomic<int64_t> missing{0};    // known files that are gone
};

// Hears of a file or folder that could not be read.
using ProblemHandler = std::function<void(std::string_view path, std::string_view reason)>;

// One thread. Symbolic links to files are followed, those to folders are not (they can form loops).
class Scanner {
 public:
  // `analyses` are required of every photo that is booked. All references must outlive the scanner.
  Scanner(Catalog& catalog, std::span<const AnalysisVersion> analyses, ScannerCounts& counts,
          ProblemHandler on_problem);

  // Books every photo at or below `root`, hashing those whose size or time changed; marks known ones that are gone as
  // missing, unless more than half of them are: that is a disk that is not there, and nothing is touched. A file or
  // folder that cannot be read is a problem (booked, told, counted), not an error. Errors are the catalogue's.
  Status Scan(const std::filesystem::path& root, const std::stop_token& stop);

 private:
  struct Seen {
    std::string path;
    FileStamp stamp;
    Sha256Digest sha256;
  };
  using Known = std::unordered_map<std::string, FileStamp>;

  Status Walk(const std::filesystem::path& root, Known& known, const std::stop_token& stop);
  Status VisitFolder(const std::filesystem::path& folder, std::vector<std::filesystem::path>& folders, Known& known,
                     const std::stop_token& stop);
  Status VisitFile(const std::filesystem::path& path, Known& known);
  StatusOr<bool> Inspect(const std::filesystem::path& path, FileStamp stamp);
  void Problem(std::string_view path, std::string_view reason);
  Status FlushWhenDue();
  Status Flush();
  Status MarkMissing(const std::filesystem::path& root, std::size_t known_before, const Known& gone);

  Catalog& catalog_;
  const std::span<const AnalysisVersion> analyses_;
  ScannerCounts& counts_;
  const ProblemHandler on_problem_;
  std::vector<Seen> seen_;
  std::vector<std::pair<std::string, std::string>> problems_;
  std::chrono::steady_clock::time_point last_flush_;
};

}  // namespace calotype
