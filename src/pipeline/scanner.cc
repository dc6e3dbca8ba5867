#include "pipeline/scanner.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/file.h"
#include "pipeline/companions.h"
#include "pipeline/photo_files.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// The write stage waits during a transaction of the scanner, so transactions are short, but not one per file.
constexpr std::size_t kFlushFiles = 256;
constexpr std::chrono::seconds kFlushInterval{1};

FileSystemKind FileSystemOfFolder(const fs::path& folder) {
  return FileSystemOf(fs::path(LocalPath(folder.native()))).value_or(FileSystemKind::kLocal);
}

}  // namespace

Scanner::Scanner(ScannerCatalog& catalog, const PhotoReader& reader, const ScannerOptions& options,
                 ScannerCounts& counts, ProblemHandler on_problem)
    : catalog_(catalog),
      reader_(reader),
      options_(options),
      counts_(counts),
      on_problem_(std::move(on_problem)),
      gone_(catalog, options.gone_is_deleted) {}

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
  excluded_.clear();
  entered_.clear();
  const int64_t photos_before = counts_.photos;
  CALOTYPE_RETURN_IF_ERROR(Walk(folder, root, known, stop));
  CALOTYPE_RETURN_IF_ERROR(Flush());
  if (stop.stop_requested()) {
    return absl::OkStatus();  // files that were not visited are not missing
  }
  NoteGone(root, known_in_root, known);
  return folder == root ? catalog_.FinishRoot(root.string(), counts_.photos - photos_before) : absl::OkStatus();
}

// Removes visited files from `known`; those that remain are gone.
Status Scanner::Walk(const fs::path& from, const fs::path& root, Known& known, const std::stop_token& stop) {
  std::error_code error;
  const fs::file_status kind = fs::status(LocalPath(from.native()), error);
  if (!fs::exists(kind)) {
    return absl::OkStatus();
  }
  if (!fs::is_directory(kind)) {
    known_companions_.clear();  // the scan of a single file does not visit its companions
    file_system_ = FileSystemOfFolder(from);
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

// The patterns of the settings, relative to the root, then the ignore files of the folders from the root down to
// `folder`. The file of `folder` itself is read when it is visited. An unreadable file is reported by the scan of its
// folder.
std::shared_ptr<const IgnoreRules> Scanner::RulesAbove(const fs::path& folder, const fs::path& root) const {
  auto rules = std::make_shared<const IgnoreRules>(root, options_.exclude, nullptr);
  fs::path at = root;
  for (const fs::path& name : folder.lexically_relative(root)) {
    if (at == folder || name == ".") {
      break;
    }
    if (const auto lines = ReadIgnoreFile(LocalPath(at.native())); lines.ok() && !lines->empty()) {
      rules = std::make_shared<const IgnoreRules>(at, *lines, rules);
    }
    at /= name;
  }
  return rules;
}

Status Scanner::VisitFolder(Folder folder, std::vector<Folder>& folders, Known& known, const std::stop_token& stop) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(LocalPath(folder.path.native()), error), end; !error && it != end;
       it.increment(error)) {
    if (!IsSkippedName(it->path().filename().string())) {
      entries.push_back(*it);
    }
  }
  const StatusOr<std::vector<std::string>> lines = ReadIgnoreFile(LocalPath(folder.path.native()));
  if (error || !lines.ok()) {
    // The files below cannot be seen, but that does not make them missing.
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
    const fs::path path = folder.path / entry.path().filename();
    if (folder.rules->Ignores(path, is_folder)) {
      excluded_.insert(path.string());
    } else if (is_folder && Enters(entry)) {
      folders.push_back({.path = path, .rules = folder.rules});
    } else if (!is_folder && entry.is_regular_file(error)) {
      files.push_back(path);
    }
  }
  return VisitFiles(files, known);
}

// Links to folders can form loops, so each folder is entered once.
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
  if (!files.empty()) {
    file_system_ = FileSystemOfFolder(files.front().parent_path());
  }
  for (const fs::path& file : files) {
    if (!IsCompanionName(file.filename().string())) {
      CALOTYPE_RETURN_IF_ERROR(VisitFile(file, known));
    }
  }
  VisitCompanions(files);
  return absl::OkStatus();
}

// Queues new and changed companions. Flush() adds them after their photos.
void Scanner::VisitCompanions(const std::vector<fs::path>& files) {
  const LiveHalves halves{.identifier = [&](const std::string& path) { return IdentifierOf(path); },
                          .known_photo = [&](const std::string& video) { return KnownPhotoOf(video); }};
  std::vector<Companion> found = FindCompanions(files, halves);
  std::unordered_set<std::string_view> companions;
  for (const Companion& companion : found) {
    companions.insert(companion.path);
  }
  for (const fs::path& file : files) {
    counts_.skipped_videos += IsVideoName(file) && !companions.contains(file.native()) ? 1 : 0;
  }
  for (Companion& companion : found) {
    const StatusOr<FileStamp> stamp = StampOfStoredPhoto(companion.path);
    if (!stamp.ok()) {
      continue;  // it was removed just now, or cannot be read
    }
    companion.stamp = *stamp;
    const auto known = known_companions_.extract({companion.photo_path, companion.path});
    if (known.empty() || known.mapped().kind != companion.kind) {
      companions_.push_back(std::move(companion));
      continue;
    }
    const StampMatch match = CompareStamps(known.mapped().stamp, *stamp, file_system_);
    if (match == StampMatch::kChanged && companion.kind != CompanionKind::kRaw) {
      companions_.push_back(std::move(companion));
    } else if (match != StampMatch::kSame) {
      newer_companion_stamps_.push_back(std::move(companion));
    }
  }
}

// Empty for a file that cannot be opened.
std::string Scanner::IdentifierOf(const std::string& path) const {
  const StatusOr<UniqueFd> file = OpenForReading(LocalPath(path));
  return file.ok() ? reader_.ReadContentIdentifier(file->get()) : std::string();
}

std::string Scanner::KnownPhotoOf(const std::string& video) const {
  const auto known = known_videos_.find(video);
  if (known == known_videos_.end() || inspected_.contains(known->second.photo_path)) {
    return {};
  }
  const StatusOr<FileStamp> stamp = StampOfStoredPhoto(video);
  std::error_code error;
  const bool is_same = stamp.ok() && CompareStamps(known->second.stamp, *stamp, file_system_) != StampMatch::kChanged &&
                       fs::exists(LocalPath(known->second.photo_path), error);
  return is_same ? known->second.photo_path : std::string();
}

Status Scanner::VisitFile(const fs::path& path, Known& known) {
  const auto node = known.extract(path.string());
  const StatusOr<FileStamp> stamp = StampOfStoredPhoto(path.native());
  if (!stamp.ok()) {
    Problem(path.string(), Message(stamp.status()));
    return absl::OkStatus();
  }
  const StampMatch match = node.empty() ? StampMatch::kChanged : CompareStamps(node.mapped(), *stamp, file_system_);
  if (match != StampMatch::kChanged) {
    ++counts_.photos;
    ++counts_.unchanged;
    if (match == StampMatch::kSameButOutdated) {
      newer_stamps_.emplace_back(path.string(), *stamp);
    }
    return FlushWhenDue();
  }
  const StatusOr<bool> is_photo = Inspect(path, *stamp, node.empty());
  if (!is_photo.ok()) {
    ++counts_.photos;
    Problem(path.string(), Message(is_photo.status()));
  } else if (*is_photo) {
    ++counts_.photos;
  } else if (IsPdfName(path)) {
    ++counts_.skipped_pdfs;
  }
  return FlushWhenDue();
}

// Hashes the file and queues it when it is a photo; false when it is something else.
StatusOr<bool> Scanner::Inspect(const fs::path& path, FileStamp stamp, bool is_new) {
  const bool has_extension = HasPhotoExtension(path);
  const StatusOr<UniqueFd> file = OpenForReading(LocalPath(path.native()));
  if (!file.ok()) {
    return has_extension ? StatusOr<bool>(file.status()) : false;
  }
  if (!has_extension && reader_.DetectFormat(file->get()) == PhotoFormat::kUnknown) {
    return false;
  }
  if (stamp.size == 0) {
    return absl::InvalidArgumentError("the file is empty");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest sha256, Sha256OfFile(file->get()));
  inspected_.insert(path.string());
  seen_.push_back({.path = path.string(), .stamp = stamp, .sha256 = sha256, .is_new = is_new});
  return true;
}

void Scanner::Problem(std::string_view path, std::string_view reason) {
  ++counts_.problems;
  problems_.emplace_back(path, reason);
  on_problem_(path, reason);
}

Status Scanner::FlushWhenDue() {
  const std::size_t waiting = seen_.size() + companions_.size() + newer_stamps_.size() + newer_companion_stamps_.size();
  const bool due =
      waiting >= kFlushFiles || (waiting > 0 && std::chrono::steady_clock::now() - last_flush_ >= kFlushInterval);
  return due ? Flush() : absl::OkStatus();
}

Status Scanner::Flush() {
  last_flush_ = std::chrono::steady_clock::now();
  if (seen_.empty() && companions_.empty() && newer_stamps_.empty() && newer_companion_stamps_.empty() &&
      problems_.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, catalog_.BeginTransaction());
  for (const Seen& file : seen_) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog_.AddFile(file.path, file.stamp, file.sha256));
    if (file.is_new) {
      gone_.Found(photo);
    }
  }
  for (const Companion& companion : companions_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.PutCompanion(companion));
  }
  for (const auto& [path, stamp] : newer_stamps_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.UpdateFileStamp(path, stamp));
  }
  for (const Companion& companion : newer_companion_stamps_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.UpdateCompanionStamp(companion));
  }
  for (const auto& [path, reason] : problems_) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.AddProblem(path, reason));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction->Commit());
  seen_.clear();
  companions_.clear();
  newer_stamps_.clear();
  newer_companion_stamps_.clear();
  problems_.clear();
  return absl::OkStatus();
}

// True when the path or a folder above it matched a pattern.
bool Scanner::IsExcluded(const std::string& path) const {
  if (excluded_.empty()) {
    return false;
  }
  for (std::string at = path; !at.empty(); at.resize(at.find_last_of('/'))) {
    if (excluded_.contains(at)) {
      return true;
    }
  }
  return false;
}

// The known files and companions that remain were not found.
void Scanner::NoteGone(const fs::path& root, int64_t known_in_root, const Known& gone) {
  GoneFromFolder folder{.root = root, .known_in_root = known_in_root};
  for (const auto& [path, stamp] : gone) {
    (IsExcluded(path) ? folder.excluded : folder.vanished).push_back(path);
  }
  for (const auto& [key, companion] : known_companions_) {
    folder.companions.push_back(companion);
  }
  gone_.Add(std::move(folder));
}

Status Scanner::MarkMissing() {
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t missing, gone_.Settle([this](std::string_view root, std::string_view reason) {
    Problem(root, reason);
  }));
  counts_.missing += missing;
  return Flush();
}

}  // namespace calotype
