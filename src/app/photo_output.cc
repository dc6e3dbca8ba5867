#include "app/photo_output.h"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "app/open_catalog.h"
#include "storage/photo_storage.h"

namespace calotype {

StatusOr<UniqueFd> OpenAnyPath(const PhotoRecord& photo, const std::string& path) {
  StatusOr<StoredPhoto> stored = OpenStoredPhoto(path);
  for (std::size_t i = 0; i < photo.paths.size() && !stored.ok(); ++i) {
    if (StatusOr<StoredPhoto> other = OpenStoredPhoto(photo.paths[i]); other.ok()) {
      stored = std::move(other);
    }
  }
  return stored.ok() ? StatusOr<UniqueFd>(std::move(stored->file)) : stored.status();
}

Status CheckJpegOutput(SearchCatalog& catalog, const std::string& output) {
  const std::string extension = std::filesystem::path(output).extension().string();
  if (!absl::EqualsIgnoreCase(extension, ".jpg") && !absl::EqualsIgnoreCase(extension, ".jpeg")) {
    return absl::InvalidArgumentError(
        fmt::format("{}: a JPEG is written, so its name must end in .jpg or .jpeg", output));
  }
  return CheckIsNoPhoto(catalog, output);
}

}  // namespace calotype
