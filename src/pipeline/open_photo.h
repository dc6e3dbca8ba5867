// Opens the files that belong to one photo, so that a PhotoReader needs no file system.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "photo/photo_reader.h"

namespace calotype {

struct OpenSidecar {
  std::filesystem::path path;  // for messages
  UniqueFd file;
};

struct OpenPhoto {
  UniqueFd file;
  std::vector<OpenSidecar> sidecars;
  // Why a sidecar could not be opened, if another attempt may succeed (a disk that did not respond, too many open
  // files); else empty.
  std::string unread_sidecar;
};

// Opens the sidecars of a photo that lies at `paths`: those of the first path first. A sidecar that cannot be opened is
// skipped with a warning. Sidecars in object storage are not looked for.
void OpenSidecars(std::span<const std::string> paths, OpenPhoto& photo);

// Opens the photo at `path` and its sidecars. Error codes as for OpenStoredPhoto().
StatusOr<OpenPhoto> OpenPhotoFile(const std::string& path);

// Returns the request to read `photo`, which must stay open meanwhile.
PhotoRequest RequestFor(const OpenPhoto& photo, const DecodeLimits& limits);

}  // namespace calotype
