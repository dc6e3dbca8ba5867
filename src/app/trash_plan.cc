#include "app/trash_plan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <system_error>
#include <utility>

#include "app/duplicates.h"
#include "app/folders.h"
#include "base/file.h"
#include "base/sha256.h"
#include "photo/sidecar.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// A name that no other plan has: "20240501-123456-1a2b3c".
std::string NewTrashName() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::random_device random;
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}-{:06x}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, random() & 0xFFFFFFU);
}

// Without following a link at its end.
bool IsRegularFile(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::regular;
}

Status CheckContent(const fs::path& path, const Sha256Digest& sha256) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) {
    return absl::FailedPreconditionError(Message(ErrnoStatus(errno, fmt::format("cannot open {}", path.string()))));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest now, Sha256OfFile(file.get()));
  return now == sha256 ? absl::OkStatus()
                       : absl::FailedPreconditionError(fmt::format(
                             "{} was changed since it was scanned; scan it again, then decide", path.string()));
}

class TrashPlanner {
 public:
  TrashPlanner(Catalog& catalog, std::vector<std::string> folders) : catalog_(catalog), folders_(std::move(folders)) {}

  Status AddPhoto(PhotoId photo);
  Status AddFile(const std::string& path);
  // Call it after all photos and files were added.
  Status AddCompanions();
  StatusOr<TrashPlan> Finish() &&;

  bool Has(const std::string& path) const { return photo_files_.contains(path); }
  const std::set<std::string>& photo_files() const { return photo_files_; }

 private:
  // A file with the content of a photo.
  Status AddPhotoFile(const std::string& path, const PhotoRecord& photo);
  Status AddMove(const std::string& path);
  // True if all photos to which the companion belongs are moved.
  StatusOr<bool> BelongsToMovedOnly(const std::string& companion, const fs::path& folder);

  Catalog& catalog_;
  const std::vector<std::string> folders_;
  const std::string name_ = NewTrashName();
  std::set<std::string> photo_files_;
  std::set<PhotoId> photos_;
  std::map<std::string, std::string> moves_;               // to the trash, by path
  std::map<fs::path, std::vector<Companion>> companions_;  // by folder
};

Status TrashPlanner::AddMove(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error || !IsRegularFile(path)) {
    return absl::FailedPreconditionError(fmt::format("{} is not there, or is a link", path));
  }
  for (const std::string& folder : folders_) {
    const fs::path root = fs::canonical(folder, error);
    if (error || !IsAtOrBelow(real, root)) {
      continue;
    }
    const fs::path below = real.lexically_relative(root);
    if (fs::path(folder) / below != fs::path(path)) {
      return absl::FailedPreconditionError(
          fmt::format("{} is reached through a link; only files that lie in the "
                      "folder itself are moved",
                      path));
    }
    moves_[path] = (root / kTrashFolder / name_ / below).string();
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      fmt::format("{} is in no folder whose files may be moved; the setting server.trash_folders names those", path));
}

Status TrashPlanner::AddPhotoFile(const std::string& path, const PhotoRecord& photo) {
  if (!photo_files_.insert(path).second) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(AddMove(path));
  CALOTYPE_RETURN_IF_ERROR(CheckContent(path, photo.sha256));
  photos_.insert(photo.id);
  for (const Companion& companion : photo.companions) {
    if (companion.kind != CompanionKind::kRaw || companion.photo_path != path || !IsRegularFile(companion.path)) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoId raw, catalog_.FindByPath(companion.path));
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord record, catalog_.GetPhoto(raw));
    CALOTYPE_RETURN_IF_ERROR(AddPhotoFile(companion.path, record));
  }
  return absl::OkStatus();
}

Status TrashPlanner::AddPhoto(PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord record, catalog_.GetPhoto(photo));
  if (record.present_paths == 0) {
    return absl::FailedPreconditionError(fmt::format("photo {} has no file any more", photo));
  }
  for (std::size_t i = 0; i < record.present_paths; ++i) {
    CALOTYPE_RETURN_IF_ERROR(AddPhotoFile(record.paths[i], record));
  }
  return absl::OkStatus();
}

Status TrashPlanner::AddFile(const std::string& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog_.FindByPath(path));
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord record, catalog_.GetPhoto(photo));
  return AddPhotoFile(path, record);
}

StatusOr<bool> TrashPlanner::BelongsToMovedOnly(const std::string& companion, const fs::path& folder) {
  const auto [known, is_new] = companions_.try_emplace(folder);
  if (is_new) {
    CALOTYPE_ASSIGN_OR_RETURN(known->second, catalog_.CompanionsUnder(folder.string()));
  }
  return std::ranges::all_of(known->second, [&](const Companion& one) {
    return one.path != companion || Has(one.photo_path) || !IsRegularFile(one.photo_path);
  });
}

Status TrashPlanner::AddCompanions() {
  for (const std::string& path : photo_files_) {
    const fs::path folder = fs::path(path).parent_path();
    std::set<std::string> candidates;
    CALOTYPE_RETURN_IF_ERROR(BelongsToMovedOnly(path, folder).status());
    for (const Companion& one : companions_.at(folder)) {
      if (one.photo_path == path && one.kind != CompanionKind::kRaw) {
        candidates.insert(one.path);
      }
    }
    // Those that came since the last scan, with the whole name of the file: they belong to no other.
    const std::string name = fs::path(path).filename().string();
    for (const fs::path& sidecar : SidecarsOf(path)) {
      if (sidecar.filename().string().starts_with(name)) {
        candidates.insert(sidecar.string());
      }
    }
    for (const std::string& candidate : candidates) {
      CALOTYPE_ASSIGN_OR_RETURN(const bool moves_too, BelongsToMovedOnly(candidate, folder));
      if (moves_too && IsRegularFile(candidate)) {
        CALOTYPE_RETURN_IF_ERROR(AddMove(candidate));
      }
    }
  }
  return absl::OkStatus();
}

StatusOr<TrashPlan> TrashPlanner::Finish() && {
  TrashPlan plan{.moves = {}, .photos = static_cast<int64_t>(photos_.size())};
  for (auto& [path, trash_path] : moves_) {
    plan.moves.push_back({.path = path, .trash_path = std::move(trash_path)});
  }
  return plan;
}

// Each picture of which a file is moved must have another file, in the same group of copies.
Status CheckKeepers(Library& library, const std::set<std::string>& moved) {
  CALOTYPE_ASSIGN_OR_RETURN(const Duplicates duplicates, FindDuplicates(library, {.turned = true}));
  std::set<std::string> kept;  // files whose group keeps another one
  for (const DuplicateGroup& group : duplicates.groups) {
    std::vector<std::string> files;
    for (const DuplicatePhoto& photo : group) {
      files.insert(files.end(), photo.paths.begin(), photo.paths.end());
    }
    if (!std::ranges::all_of(files, [&moved](const std::string& file) { return moved.contains(file); })) {
      kept.insert(files.begin(), files.end());
    }
  }
  for (const std::string& file : moved) {
    if (!kept.contains(file)) {
      return absl::FailedPreconditionError(
          fmt::format("{} is the last file of its picture that would stay; nothing was moved", file));
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<std::string>> TrashFolders(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> folders, ScannedFolders(library));
  std::erase_if(folders, [&library](const std::string& folder) {
    std::error_code error;
    return !fs::is_directory(folder, error) || access(folder.c_str(), W_OK) != 0 ||
           !RealPathBelow(folder, library.app().settings().trash_folders).has_value();
  });
  return folders;
}

StatusOr<TrashPlan> PlanTrash(Library& library, const TrashRequest& request) {
  if (request.photos.empty() && request.files.empty()) {
    return absl::InvalidArgumentError("no photo and no file was named");
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> folders, TrashFolders(library));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  TrashPlanner planner(*catalog, std::move(folders));
  for (const PhotoId photo : request.photos) {
    CALOTYPE_RETURN_IF_ERROR(planner.AddPhoto(photo));
  }
  for (const std::string& file : request.files) {
    CALOTYPE_RETURN_IF_ERROR(planner.AddFile(file));
  }
  if (request.keep_one) {
    CALOTYPE_RETURN_IF_ERROR(CheckKeepers(library, planner.photo_files()));
  }
  CALOTYPE_RETURN_IF_ERROR(planner.AddCompanions());
  return std::move(planner).Finish();
}

}  // namespace calotype
