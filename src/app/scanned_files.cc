#include "app/scanned_files.h"

#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/file_system.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPictures = 64;

}  // namespace

bool IsFileThere(const std::string& path) {
  std::error_code error;
  return IsObjectPath(path) || fs::exists(LocalPath(path), error);
}

ScannedFiles::ScannedFiles(ScannerCatalog& catalog, const DecodeLimits& limits)
    : catalog_(catalog), limits_(limits), reader_(CreatePhotoReader()) {}

std::optional<LibraryFile> ScannedFiles::Find(const std::string& path) {
  std::error_code error;
  const bool is_object = IsObjectPath(path);
  const fs::path local = LocalPath(path);
  if (!is_object && fs::symlink_status(local, error).type() != fs::file_type::regular) {
    return std::nullopt;
  }
  const StatusOr<FileStamp> seen = StampOfStoredPhoto(path);
  const auto stored = catalog_.FilesUnder(path);
  const StatusOr<FileSystemKind> kind = is_object ? FileSystemKind::kLocal : FileSystemOf(local);
  if (!seen.ok() || !stored.ok() || !kind.ok()) {
    return std::nullopt;
  }
  const auto known = stored->find(path);
  if (known == stored->end() || CompareStamps(known->second, *seen, *kind) == StampMatch::kChanged) {
    return std::nullopt;
  }
  const fs::path folder = local.parent_path();
  return LibraryFile{.stamp = *seen, .through_link = !is_object && fs::canonical(folder, error) != folder};
}

bool ScannedFiles::Exists(const std::string& path) { return IsFileThere(path); }

ScannedFiles::Result ScannedFiles::Decode(const std::string& path, int side) const {
  DecodeLimits limits = limits_;
  limits.target_long_side = side;
  CALOTYPE_ASSIGN_OR_RETURN(const StoredPhoto stored, OpenStoredPhoto(path));
  CALOTYPE_ASSIGN_OR_RETURN(DecodeAnswer decoded, reader_->Decode({.photo = stored.file.get(), .limits = limits}));
  if (!decoded.photo.has_value()) {
    return absl::InternalError("the reader returned no picture");
  }
  if (!decoded.photo->damage.empty()) {
    return absl::InvalidArgumentError(decoded.photo->damage);  // a part is missing, so it cannot replace a whole photo
  }
  return std::make_shared<const Picture>(MakePicture(std::move(decoded.photo->image), decoded.photo->full_width,
                                                     decoded.photo->full_height, decoded.photo->pages, side));
}

ScannedFiles::Result ScannedFiles::Read(const std::string& path) {
  {
    const MutexLock lock(&mutex_);
    if (const auto known = by_path_.find(path); known != by_path_.end()) {
      recent_.splice(recent_.begin(), recent_, known->second);
      return recent_.front().second;
    }
  }
  Result picture = Decode(path, kPictureSide);  // without the lock, so that threads decode at the same time
  const MutexLock lock(&mutex_);
  if (!by_path_.contains(path)) {
    recent_.emplace_front(path, picture);
    by_path_[path] = recent_.begin();
    if (recent_.size() > kMostPictures) {
      by_path_.erase(recent_.back().first);
      recent_.pop_back();
    }
  }
  return picture;
}

ScannedFiles::Result ScannedFiles::ReadLarge(const std::string& path, int side) { return Decode(path, side); }

}  // namespace calotype
