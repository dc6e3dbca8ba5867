#include "pipeline/gone_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/file_stamp.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// A renamed file keeps all of these, a copy has another inode.
bool IsSameFile(const FileStamp& a, const FileStamp& b) {
  return a.inode != 0 && a.inode == b.inode && a.size == b.size && a.mtime_ns == b.mtime_ns;
}

Status MarkMissing(ScannerCatalog& catalog, const std::vector<std::string>& paths) {
  return paths.empty() ? absl::OkStatus() : catalog.MarkMissing(paths);
}

// A disk that is not mounted leaves no folder, or an empty one. An object storage that is not there gives no list, so
// nothing is taken for gone.
bool IsNothingThere(const fs::path& root) {
  std::error_code error;
  const fs::path local = LocalPath(root.native());
  return !IsObjectPath(root.native()) &&
         (!fs::exists(local, error) || (fs::is_directory(local, error) && fs::is_empty(local, error)));
}

}  // namespace

// A copy elsewhere that was known before is no proof: it may be a backup of a disk that is not mounted now. But the
// file itself may have been found under another name by an earlier scan, which was interrupted before it came here.
StatusOr<bool> GoneFiles::HasMoved(const std::string& path) const {
  StatusOr<FilesOfPhoto> photo = catalog_.FilesLike(path);
  if (absl::IsNotFound(photo.status())) {
    return false;  // another process has already marked it as missing
  }
  CALOTYPE_RETURN_IF_ERROR(photo.status());
  if (std::ranges::binary_search(found_, photo->photo)) {
    return true;
  }
  return std::ranges::any_of(photo->files, [&](const PhotoFile& other) {
    const StatusOr<FileStamp> now = StampOfStoredPhoto(other.path);
    return now.ok() && IsSameFile(*now, photo->stamp) && IsSameFile(*now, other.stamp);
  });
}

StatusOr<int64_t> GoneFiles::Settle(
    const std::function<void(std::string_view root, std::string_view reason)>& on_unmounted) {
  std::ranges::sort(found_);
  int64_t count = 0;
  for (GoneFromFolder& gone : std::exchange(folders_, {})) {
    std::vector<std::string> moved;
    std::vector<std::string> missing;
    for (std::string& path : gone.vanished) {
      CALOTYPE_ASSIGN_OR_RETURN(const bool has_moved, HasMoved(path));
      (has_moved ? moved : missing).push_back(std::move(path));
    }
    CALOTYPE_RETURN_IF_ERROR(MarkMissing(catalog_, moved));
    const auto vanished = std::ssize(missing);
    const bool most_gone = gone.known_in_root > 1 && vanished * 2 > gone.known_in_root;
    if (vanished > 0 && (most_gone || IsNothingThere(gone.root)) && !gone_is_deleted_) {
      on_unmounted(gone.root.native(),
                   fmt::format("{} of {} known photos are missing. Their disk is probably not mounted, so nothing was "
                               "changed (if they were deleted: calotype scan --gone FOLDER)",
                               vanished, gone.known_in_root));
      continue;
    }
    std::ranges::move(gone.excluded, std::back_inserter(missing));
    CALOTYPE_RETURN_IF_ERROR(MarkMissing(catalog_, missing));
    count += std::ssize(missing);
    for (const Companion& companion : gone.companions) {
      CALOTYPE_RETURN_IF_ERROR(catalog_.DropCompanion(companion));
    }
  }
  return count;
}

}  // namespace calotype
