#include "pipeline/object_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "pipeline/photo_files.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Objects that are read at the same time: the network's delay counts more than its speed.
constexpr std::size_t kReaders = 8;
// Transactions are short, because the write stage waits for them.
constexpr std::size_t kStoredAtOnce = 64;

// The parts of `path` below `root`.
fs::path BelowRoot(const std::string& path, const std::string& root) {
  return path.size() > root.size() ? fs::path(path.substr(root.size() + 1)) : fs::path();
}

}  // namespace

ObjectScanner::ObjectScanner(ScannerCatalog& catalog, const ScannerOptions& options, ScannerCounts& counts,
                             ProblemHandler on_problem)
    : catalog_(catalog),
      options_(options),
      counts_(counts),
      on_problem_(std::move(on_problem)),
      gone_(catalog, options.gone_is_deleted) {}

Status ObjectScanner::ScanPart(const std::string& folder, const std::string& root, const std::stop_token& stop) {
  CALOTYPE_RETURN_IF_ERROR(catalog_.ClearProblems(folder));
  CALOTYPE_ASSIGN_OR_RETURN(Known known, catalog_.FilesUnder(folder));
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t known_in_root, catalog_.CountFilesUnder(root));
  const IgnoreRules rules(root, options_.exclude, nullptr);
  const int64_t photos_before = counts_.photos;
  excluded_.clear();
  std::string next;
  do {
    const StatusOr<StoredList> list = ListStoredFolder(folder, next, stop);
    if (!list.ok()) {
      return stop.stop_requested() ? absl::OkStatus() : Problem(folder, Message(list.status()));
    }
    CALOTYPE_RETURN_IF_ERROR(VisitList(*list, rules, root, known, stop));
    next = list->next;
  } while (!next.empty() && !stop.stop_requested());
  if (stop.stop_requested()) {
    return absl::OkStatus();  // objects that were not listed are not missing
  }
  GoneFromFolder gone{.root = root, .known_in_root = known_in_root};
  for (const auto& [path, stamp] : known) {
    gone.vanished.push_back(path);
  }
  gone.excluded = std::move(excluded_);
  gone_.Add(std::move(gone));
  return folder == root ? catalog_.FinishRoot(root, counts_.photos - photos_before) : absl::OkStatus();
}

// Removes what is listed from `known`; what remains is gone.
Status ObjectScanner::VisitList(const StoredList& list, const IgnoreRules& rules, const std::string& root, Known& known,
                                const std::stop_token& stop) {
  std::vector<Found> changed;
  std::vector<std::pair<std::string, FileStamp>> newer_stamps;
  for (const StoredList::File& file : list.files) {
    const auto node = known.extract(file.path);
    if (IsSkipped(file.path, root, rules)) {
      if (!node.empty()) {
        excluded_.push_back(file.path);
      }
      continue;
    }
    if (!HasPhotoExtension(file.path)) {
      counts_.skipped_pdfs += IsPdfName(file.path) ? 1 : 0;
      counts_.skipped_videos += IsVideoName(file.path) ? 1 : 0;
      continue;
    }
    ++counts_.photos;
    const StampMatch match =
        node.empty() ? StampMatch::kChanged : CompareStamps(node.mapped(), file.stamp, FileSystemKind::kLocal);
    if (match == StampMatch::kChanged) {
      changed.push_back({.path = file.path, .stamp = file.stamp, .is_new = node.empty()});
    } else {
      ++counts_.unchanged;
      if (match == StampMatch::kSameButOutdated) {
        newer_stamps.emplace_back(file.path, file.stamp);
      }
    }
  }
  CALOTYPE_RETURN_IF_ERROR(Store({}, newer_stamps, stop));
  for (std::size_t first = 0; first < changed.size() && !stop.stop_requested(); first += kStoredAtOnce) {
    const auto begin = changed.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = changed.begin() + static_cast<std::ptrdiff_t>(std::min(first + kStoredAtOnce, changed.size()));
    CALOTYPE_RETURN_IF_ERROR(Store(ReadAll(std::vector<Found>(begin, end), stop), {}, stop));
  }
  return absl::OkStatus();
}

// A key that ends with a slash is the mark of an empty folder.
bool ObjectScanner::IsSkipped(const std::string& path, const std::string& root, const IgnoreRules& rules) {
  if (path.ends_with('/')) {
    return true;
  }
  const fs::path below = BelowRoot(path, root);
  fs::path at = root;
  for (auto part = below.begin(); part != below.end(); ++part) {
    at /= *part;
    if (IsSkippedName(part->string()) || rules.Ignores(at, std::next(part) != below.end())) {
      return true;
    }
  }
  return false;
}

std::vector<ObjectScanner::Read> ObjectScanner::ReadAll(std::vector<Found> found, const std::stop_token& stop) const {
  std::vector<Read> read(found.size());
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> readers;
    for (std::size_t i = 0; i < std::min(kReaders, found.size()); ++i) {
      readers.emplace_back([&] {
        for (std::size_t at = next++; at < found.size() && !stop.stop_requested(); at = next++) {
          StatusOr<StoredPhoto> photo = OpenStoredPhoto(found[at].path, stop);
          read[at].sha256 = photo.ok() ? Sha256OfFile(photo->file.get()) : photo.status();
          if (photo.ok()) {
            found[at].stamp = photo->stamp;  // it may have been replaced since it was listed
          }
        }
      });
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    read[i].found = std::move(found[i]);
  }
  return read;
}

Status ObjectScanner::Store(const std::vector<Read>& read,
                            const std::vector<std::pair<std::string, FileStamp>>& newer_stamps,
                            const std::stop_token& stop) {
  if ((read.empty() && newer_stamps.empty()) || stop.stop_requested()) {
    return absl::OkStatus();
  }
  for (const Read& one : read) {
    if (const Status status = one.Readable(); !status.ok()) {
      CALOTYPE_RETURN_IF_ERROR(Problem(one.found.path, Message(status)));
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, catalog_.BeginTransaction());
  for (const auto& [path, stamp] : newer_stamps) {
    CALOTYPE_RETURN_IF_ERROR(catalog_.UpdateFileStamp(path, stamp));
  }
  for (const Read& one : read) {
    if (one.Readable().ok()) {
      CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog_.AddFile(one.found.path, one.found.stamp, *one.sha256));
      if (one.found.is_new) {
        gone_.Found(photo);
      }
    }
  }
  return transaction->Commit();
}

Status ObjectScanner::Problem(std::string_view path, std::string_view reason) {
  ++counts_.problems;
  on_problem_(path, reason);
  return catalog_.AddProblem(path, reason);
}

Status ObjectScanner::MarkMissing() {
  Status status;
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t missing, gone_.Settle([&](std::string_view root, std::string_view reason) {
    status.Update(Problem(root, reason));
  }));
  counts_.missing += missing;
  return status;
}

}  // namespace calotype
