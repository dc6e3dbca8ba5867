#include "pipeline/scanner.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "photo/decode.h"
#include "pipeline/photo_files.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// A booking transaction keeps the writer of findings waiting: short ones, but not one per file.
constexpr std::size_t kFlushFiles = 256;
constexpr std::chrono::seconds kFlushInterval{1};

// Enough for every signature that SniffFormat knows.
constexpr std::size_t kSniffBytes = 4096;

StatusOr<FileStamp> StampOf(const fs::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    return ErrnoStatus(errno, "cannot read");
  }
  constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
  return FileStamp{.size = info.st_size,
                   .mtime_ns = info.st_mtim.tv_sec * kNanosecondsPerSecond + info.st_mtim.tv_nsec};
}

bool LooksLikePhoto(int descriptor) {
  std::array<uint8_t, kSniffBytes> head{};
  const ssize_t count = pread(descriptor, head.data(), head.size(), 0);
  return count > 0 && SniffFormat({head.data(), static_cast<std::size_t>(count)}) != PhotoFormat::kUnknown;
}

}  // namespace

Scanner::Scanner(Catalog& catalog, std::span<const AnalysisVersion> analyses, ScannerCounts& counts,
                 ProblemHandler on_problem)
    : catalog_(catalog), analyses_(analyses), counts_(counts), on_problem_(std::move(on_problem)) {}

Status Scanner::Scan(const fs::path& root, const std::stop_token& stop) {
  CALOTYPE_RETURN_IF_ERROR(catalog_.ClearProblems(root.string()));
  CALOTYPE_ASSIGN_OR_RETURN(Known known, catalog_.FilesUnder(root.string()));
  const std::size_t known_before = known.size();
  last_flush_ = std::chrono::steady_clock::now();
  CALOTYPE_RETURN_IF_ERROR(Walk(root, known, stop));
  CALOTYPE_RETURN_IF_ERROR(Flush());
  if (stop.stop_requested()) {
    return absl::OkStatus();  // What was not visited is not missing.
  }
  return MarkMissing(root, known_before, known);
}

// Visited files are taken out of `known`; what stays was not there.
Status Scanner::Walk(const fs::path& root, Known& known, const std::stop_token& stop) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    return VisitFile(root, known);
  }
  std::vector<fs::path> folders = {root};
  while (!folders.empty() && !stop.stop_requested()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    CALOTYPE_RETURN_IF_ERROR(VisitFolder(folder, folders, known, stop));
  }
  return absl::OkStatus();
}

Status Scanner::VisitFolder(const fs::path& folder, std::vector<fs::path>& folders, Known& known,
                            const std::stop_token& stop) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!IsSkippedName(it->path().filename().string())) {
      entries.push_back(*it);
    }
  }
  if (error) {
    // What lies below cannot be seen, which does not make it missing.
    std::erase_if(known, [&](const auto& file) { return file.first.starts_with(folder.string() + "/"); });
    Problem(folder.string(), fmt::format("cannot read the folder: {}", error.message()));
    return absl::OkStatus();
  }
  std::sort(entries.begin(), entries.end());
  for (const fs::directory_entry& entry : entries) {
    if (stop.stop_requested()) {
      return absl::OkStatus();
    }
    if (entry.is_directory(error) && !entry.is_symlink(error)) {
      folders.push_back(entry.path());
    } else if (entry.is_regular_file(error)) {
      CALOTYPE_RETURN_IF_ERROR(VisitFile(entry.path(), known));
    }
  }
  return absl::OkStatus();
}

Status Scanner::VisitFile(const fs::path& path, Known& known) {
  const auto node = known.extract(path.string());
  const StatusOr<FileStamp> stamp = StampOf(path);
  if (!stamp.ok()) {
    Problem(path.string(), Message(stamp.status()));
    return absl::OkStatus();
  }
  if (!node.empty() && node.mapped() == *stamp) {
    ++counts_.photos;
    ++counts_.unchanged;
    return absl::OkStatus();
  }
  const StatusOr<bool> is_photo = Inspect(path, *stamp);
  if (!is_photo.ok()) {
    ++counts_.photos;
    Problem(path.string(), Message(is_photo.status()));
  } else if (*is_photo) {
    ++counts_.photos;
  }
  return FlushWhenDue();
}

// Hashes the file and queues it for booking when it is a photo; false when it is something else.
StatusOr<bool> Scanner::Inspect(const fs::path& path, FileStamp stamp) {
  const bool promised = HasPhotoExtension(path);
  const StatusOr<UniqueFd> file = OpenForReading(path);
  if (!file.ok()) {
    return promised ? StatusOr<bool>(file.status()) : false;
  }
  if (!promised && !LooksLikePhoto(file->get())) {
    return false;
  }
  if (stamp.size == 0) {
    return absl::InvalidArgumentError("the file is empty");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest sha256, Sha256OfFile(file->get()));
  seen_.push_back({.path = path.string(), .stamp = stamp, .sha256 = sha256});
  return true;
}

void Scanner::Problem(std::string_view path, std::string_view reason) {
  ++counts_.problems;
  problems_.emplace_back(path, reason);
  on_problem_(path, reason);
}

Status Scanner::FlushWhenDue() {
  const bool due = seen_.size() >= kFlushFiles || std::chrono::steady_clock::now() - last_flush_ >= kFlushInterval;
  return due ? Flush() : absl::OkStatus();
}

Status Scanner::Flush() {
  last_flush_ = std::chrono::steady_clock::now();
  if (seen_.empty() && problems_.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(catalog_.Begin());
  for (const Seen& file : seen_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.AddFile(file.path, file.stamp, file.sha256).status());
  }
  for (const auto& [path, reason] : problems_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.AddProblem(path, reason));
  }
  CALOTYPE_RETURN_IF_ERROR(catalog_.RequireAnalyses(analyses_));
  CALOTYPE_RETURN_IF_ERROR(catalog_.Commit());
  seen_.clear();
  problems_.clear();
  return absl::OkStatus();
}

Status Scanner::MarkMissing(const fs::path& root, std::size_t known_before, const Known& gone) {
  if (gone.empty()) {
    return absl::OkStatus();
  }
  if (gone.size() * 2 > known_before && known_before > 1) {
    LogWarning(
        "{} of {} known photos under {} are not there: taken for a disk that is not mounted, nothing is marked as "
        "missing",
        gone.size(), known_before, root.string());
    return absl::OkStatus();
  }
  std::vector<std::string> paths;
  for (const auto& [path, stamp] : gone) {
    paths.push_back(path);
  }
  counts_.missing += static_cast<int64_t>(paths.size());
  return catalog_.MarkMissing(paths);
}

}  // namespace calotype
