#include "pipeline/open_photo.h"

#include <utility>

#include "base/log.h"
#include "photo/sidecar.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {

namespace {

// A missing permission is no such error: when it is given, the next scan sees that the sidecar changed.
bool MayPass(const Status& status) {
  return !absl::IsNotFound(status) && !absl::IsPermissionDenied(status) && !absl::IsInvalidArgument(status);
}

}  // namespace

void OpenSidecars(std::span<const std::string> paths, OpenPhoto& photo) {
  for (const std::string& path : paths) {
    if (IsObjectPath(path)) {
      continue;
    }
    for (std::filesystem::path& sidecar : SidecarsOf(LocalPath(path))) {
      StatusOr<UniqueFd> file = OpenForReading(sidecar);
      if (file.ok()) {
        photo.sidecars.push_back({.path = std::move(sidecar), .file = *std::move(file)});
        continue;
      }
      LogWarning("{}", Message(file.status()));
      if (MayPass(file.status())) {
        photo.unread_sidecar = Message(file.status());
      }
    }
  }
}

StatusOr<OpenPhoto> OpenPhotoFile(const std::string& path) {
  OpenPhoto photo;
  CALOTYPE_ASSIGN_OR_RETURN(StoredPhoto stored, OpenStoredPhoto(path));
  photo.file = std::move(stored.file);
  OpenSidecars({&path, 1}, photo);
  return photo;
}

PhotoRequest RequestFor(const OpenPhoto& photo, const DecodeLimits& limits) {
  PhotoRequest request{.photo = photo.file.get(), .limits = limits};
  for (const OpenSidecar& sidecar : photo.sidecars) {
    request.sidecars.push_back(sidecar.file.get());
  }
  return request;
}

}  // namespace calotype
