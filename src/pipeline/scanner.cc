#include "pipeline/scanner.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "pipeline/companions.h"
#include "pipeline/photo_files.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// A booking transaction keeps the writer of findings waiting: short ones, but not one per file.
constexpr std::size_t kFlushFiles = 256;
constexpr std::chrono::seconds kFlushInterval{1};

StatusOr<FileStamp> StampOf(const fs::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    return ErrnoStatus(errno, "cannot read");
  }
  constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
  return FileStamp{.size = info.st_size,
                   .mtime_ns = info.st_mtim.tv_sec * kNanosecondsPerSecond + info.st_mtim.tv_nsec};
}

}  // namespace

Scanner::Scanner(ScannerCatalog& catalog, const PhotoReader& reader, const ScannerOptions& options, ScannerCounts& counts,
                 ProblemHandler on_problem)
    : catalog_(catalog), reader_(reader), options_(options), counts_(counts), on_problem_(std::move(on_problem)) {}

Status Scanner::Scan(const fs::path& root, const std::stop_token& stop) { return ScanPart(root, root, stop); }

Status Scanner::ScanPart(const fs::path& folder, const fs::path& root, const std::stop_token& stop) {
  CALOTYPE_RETURN_IF_ERROR(catalog_.ClearProblems(folder.string()));
  CALOTYPE_ASSIGN_OR_RETURN(Known known, catalog_.FilesUnder(folder.string()));
  int64_t known_in_root = std::ssize(known);
  if (folder != root) {
    CALOTYPE_ASSIGN_OR_RETURN(known_in_root, catalog_.CountFilesUnder(root.string()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Companion> companions, catalog_.CompanionsUnder(folder.string()));
  known_companions_.clear();
  known_videos_.clear();
  for (Companion& companion : companions) {
    if (companion.kind == CompanionKind::kVideo) {
      known_videos_.emplace(companion.path, companion);
    }
    std::pair key(companion.photo_path, companion.path);
    known_companions_.emplace_hint(known_companions_.end(), std::move(key), std::move(companion));
  }
  last_flush_ = std::chrono::steady_clock::now();
  left_out_.clear();
  entered_.clear();
  const int64_t photos_before = counts_.photos;
  CALOTYPE_RETURN_IF_ERROR(Walk(folder, root, known, stop));
  CALOTYPE_RETURN_IF_ERROR(Flush());
  if (stop.stop_requested()) {
    return absl::OkStatus();  // What was not visited is not missing.
  }
  CALOTYPE_ASSIGN_OR_RETURN(const bool is_there, MarkMissing(root, known_in_root, known));
  if (is_there) {
    CALOTYPE_RETURN_IF_ERROR(DropCompanions());
  }
  CALOTYPE_RETURN_IF_ERROR(Flush());
  return folder == root ? catalog_.FinishRoot(root.string(), counts_.photos - photos_before) : absl::OkStatus();
}

// Visited files are taken out of `known`; what stays was not there.
Status Scanner::Walk(const fs::path& from, const fs::path& root, Known& known, const std::stop_token& stop) {
  std::error_code error;
  const fs::file_status kind = fs::status(from, error);
  if (!fs::exists(kind)) {
    return absl::OkStatus();
  }
  if (!fs::is_directory(kind)) {
    known_companions_.clear();  // What stands beside a single file is not looked at.
    return VisitFile(from, known);
  }
  std::vector<Folder> folders = {{.path = from, .rules = RulesAbove(from, root)}};
  while (!folders.empty() && !stop.stop_requested()) {
    Folder folder = std::move(folders.back());
    folders.pop_back();
    CALOTYPE_RETURN_IF_ERROR(VisitFolder(std::move(folder), folders, known, stop));
  }
  return absl::OkStatus();
}

// The settings' patterns count from the root; then come the ignore files of the folders between it and `folder`, whose
// own is read when it is visited. One that cannot be read is told of by the scan of its folder.
std::shared_ptr<const IgnoreRules> Scanner::RulesAbove(const fs::path& folder, const fs::path& root) const {
  auto rules = std::make_shared<const IgnoreRules>(root, options_.exclude, nullptr);
  fs::path at = root;
  for (const fs::path& name : folder.lexically_relative(root)) {
    if (at == folder || name == ".") {
      break;
    }
    if (const auto lines = ReadIgnoreFile(at); lines.ok() && !lines->empty()) {
      rules = std::make_shared<const IgnoreRules>(at, *lines, rules);
    }
    at /= name;
  }
  return rules;
}

Status Scanner::VisitFolder(Folder folder, std::vector<Folder>& folders, Known& known, const std::stop_token& stop) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder.path, error), end; !error && it != end; it.increment(error)) {
    if (!IsSkippedName(it->path().filename().string())) {
      entries.push_back(*it);
    }
  }
  const StatusOr<std::vector<std::string>> lines = ReadIgnoreFile(folder.path);
  if (error || !lines.ok()) {
    // What lies below cannot be seen, which does not make it missing.
    const std::string below = folder.path.string() + "/";
    std::erase_if(known, [&below](const auto& file) { return file.first.starts_with(below); });
    std::erase_if(known_companions_, [&below](const auto& one) { return one.first.second.starts_with(below); });
    Problem(folder.path.string(), error ? fmt::format("cannot read the folder: {}", error.message())
                                        : fmt::format("cannot read its {}, so it is not entered: {}", kIgnoreFileName,
                                                      Message(lines.status())));
    return absl::OkStatus();
  }
  if (!lines->empty()) {
    folder.rules = std::make_shared<const IgnoreRules>(folder.path, *lines, folder.rules);
  }
  std::sort(entries.begin(), entries.end());
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : entries) {
    if (stop.stop_requested()) {
      return absl::OkStatus();
    }
    const bool is_folder = entry.is_directory(error);
    if (folder.rules->Ignores(entry.path(), is_folder)) {
      left_out_.insert(entry.path().string());
    } else if (is_folder && Enters(entry)) {
      folders.push_back({.path = entry.path(), .rules = folder.rules});
    } else if (!is_folder && entry.is_regular_file(error)) {
      files.push_back(entry.path());
    }
  }
  return VisitFiles(files, known);
}

// Links to folders can form loops, so each folder that they lead to is entered once.
bool Scanner::Enters(const fs::directory_entry& entry) {
  std::error_code error;
  if (!options_.follow_links) {
    return !entry.is_symlink(error);
  }
  struct stat info{};
  return stat(entry.path().c_str(), &info) == 0 && entered_.emplace(info.st_dev, info.st_ino).second;
}

// All files of one folder.
Status Scanner::VisitFiles(const std::vector<fs::path>& files, Known& known) {
  inspected_.clear();
  for (const fs::path& file : files) {
    if (!IsCompanionName(file.filename().string())) {
      CALOTYPE_RETURN_IF_ERROR(VisitFile(file, known));
    }
  }
  VisitCompanions(files);
  return absl::OkStatus();
}

// Queues the new and changed ones; they are booked after their photos.
void Scanner::VisitCompanions(const std::vector<fs::path>& files) {
  const LiveHalves halves{.identifier = [&](const std::string& path) { return IdentifierOf(path); },
                          .known_photo = [&](const std::string& video) { return KnownPhotoOf(video); }};
  for (Companion& companion : FindCompanions(files, halves)) {
    const StatusOr<FileStamp> stamp = StampOf(companion.path);
    if (!stamp.ok()) {
      continue;  // It went away in this moment, or nobody may look at it: it says nothing.
    }
    companion.stamp = *stamp;
    const auto known = known_companions_.extract({companion.photo_path, companion.path});
    const bool is_same = !known.empty() && known.mapped().kind == companion.kind &&
                         (companion.kind == CompanionKind::kRaw || known.mapped().stamp == *stamp);
    if (!is_same) {
      companions_.push_back(std::move(companion));
    }
  }
}

// Empty for a file that cannot be opened.
std::string Scanner::IdentifierOf(const std::string& path) const {
  const StatusOr<UniqueFd> file = OpenForReading(path);
  return file.ok() ? reader_.ReadContentIdentifier(file->get()) : std::string();
}

std::string Scanner::KnownPhotoOf(const std::string& video) const {
  const auto known = known_videos_.find(video);
  if (known == known_videos_.end() || inspected_.contains(known->second.photo_path)) {
    return {};
  }
  const StatusOr<FileStamp> stamp = StampOf(video);
  std::error_code error;
  const bool is_same = stamp.ok() && *stamp == known->second.stamp && fs::exists(known->second.photo_path, error);
  return is_same ? known->second.photo_path : std::string();
}

// What is left of the known ones was not seen.
Status Scanner::DropCompanions() {
  for (const auto& [key, companion] : known_companions_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.DropCompanion(companion));
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
  if (!promised && reader_.DetectFormat(file->get()) == PhotoFormat::kUnknown) {
    return false;
  }
  if (stamp.size == 0) {
    return absl::InvalidArgumentError("the file is empty");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest sha256, Sha256OfFile(file->get()));
  inspected_.insert(path.string());
  seen_.push_back({.path = path.string(), .stamp = stamp, .sha256 = sha256});
  return true;
}

void Scanner::Problem(std::string_view path, std::string_view reason) {
  ++counts_.problems;
  problems_.emplace_back(path, reason);
  on_problem_(path, reason);
}

Status Scanner::FlushWhenDue() {
  const bool due = seen_.size() + companions_.size() >= kFlushFiles ||
                   std::chrono::steady_clock::now() - last_flush_ >= kFlushInterval;
  return due ? Flush() : absl::OkStatus();
}

Status Scanner::Flush() {
  last_flush_ = std::chrono::steady_clock::now();
  if (seen_.empty() && companions_.empty() && problems_.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, catalog_.BeginTransaction());
  for (const Seen& file : seen_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.AddFile(file.path, file.stamp, file.sha256).status());
  }
  for (const Companion& companion : companions_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.PutCompanion(companion));
  }
  for (const auto& [path, reason] : problems_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.AddProblem(path, reason));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction->Commit());
  seen_.clear();
  companions_.clear();
  problems_.clear();
  return absl::OkStatus();
}

// True when the path or a folder above it was passed over because of a pattern.
bool Scanner::IsLeftOut(const std::string& path) const {
  if (left_out_.empty()) {
    return false;
  }
  for (std::string at = path; !at.empty(); at.resize(at.find_last_of('/'))) {
    if (left_out_.contains(at)) {
      return true;
    }
  }
  return false;
}

// False when what is gone is not believed to be.
StatusOr<bool> Scanner::MarkMissing(const fs::path& root, int64_t known_in_root, const Known& gone) {
  std::vector<std::string> paths;
  int64_t vanished = 0;
  for (const auto& [path, stamp] : gone) {
    paths.push_back(path);
    vanished += IsLeftOut(path) ? 0 : 1;
  }
  std::error_code error;
  const bool nothing_there = !fs::exists(root, error) || (fs::is_directory(root, error) && fs::is_empty(root, error));
  const bool most_gone = known_in_root > 1 && vanished * 2 > known_in_root;
  if (vanished > 0 && (nothing_there || most_gone) && !options_.gone_is_deleted) {
    Problem(root.string(),
            fmt::format("{} of {} known photos are not there: taken for a disk that is not mounted, nothing is marked "
                        "as missing (calotype scan --gone FOLDER, if they were deleted)",
                        vanished, known_in_root));
    return false;
  }
  counts_.missing += std::ssize(paths);
  if (!paths.empty()) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.MarkMissing(paths));
  }
  return true;
}

}  // namespace calotype
