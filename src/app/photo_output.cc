#include "app/photo_output.h"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "app/open_catalog.h"

namespace calotype {

StatusOr<UniqueFd> OpenAnyPath(const PhotoRecord& photo, const std::string& path) {
  StatusOr<UniqueFd> file = OpenForReading(path);
  for (std::size_t i = 0; i < photo.paths.size() && !file.ok(); ++i) {
    if (StatusOr<UniqueFd> other = OpenForReading(photo.paths[i]); other.ok()) {
      file = std::move(other);
    }
  }
  return file;
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
