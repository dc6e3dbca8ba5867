#include "pipeline/open_photo.h"

#include <utility>

#include "base/log.h"
#include "photo/sidecar.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {

std::vector<OpenSidecar> OpenSidecars(std::span<const std::string> paths) {
  std::vector<OpenSidecar> sidecars;
  for (const std::string& path : paths) {
    if (IsObjectPath(path)) {
      continue;
    }
    for (std::filesystem::path& sidecar : SidecarsOf(LocalPath(path))) {
      StatusOr<UniqueFd> file = OpenForReading(sidecar);
      if (file.ok()) {
        sidecars.push_back({.path = std::move(sidecar), .file = *std::move(file)});
      } else {
        LogWarning("{}: {}", sidecar.string(), Message(file.status()));
      }
    }
  }
  return sidecars;
}

StatusOr<OpenPhoto> OpenPhotoFile(const std::string& path) {
  OpenPhoto photo;
  CALOTYPE_ASSIGN_OR_RETURN(StoredPhoto stored, OpenStoredPhoto(path));
  photo.file = std::move(stored.file);
  photo.sidecars = OpenSidecars({&path, 1});
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
