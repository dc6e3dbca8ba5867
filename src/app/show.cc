#include "app/show.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "app/open_catalog.h"
#include "app/render.h"
#include "app/scanned_files.h"
#include "base/file.h"
#include "photo/encode.h"
#include "photo/photo_reader.h"

namespace calotype {
namespace {

constexpr int kRenderQuality = 90;

// The file at `path`, or another with the same bytes if that cannot be opened.
StatusOr<UniqueFd> OpenAnyPath(const PhotoRecord& photo, const std::string& path) {
  StatusOr<UniqueFd> file = OpenForReading(path);
  for (std::size_t i = 0; i < photo.paths.size() && !file.ok(); ++i) {
    if (StatusOr<UniqueFd> other = OpenForReading(photo.paths[i]); other.ok()) {
      file = std::move(other);
    }
  }
  return file;
}

Status CheckOutput(Catalog& catalog, const std::string& output) {
  const std::string extension = std::filesystem::path(output).extension().string();
  if (!absl::EqualsIgnoreCase(extension, ".jpg") && !absl::EqualsIgnoreCase(extension, ".jpeg")) {
    return absl::InvalidArgumentError(
        fmt::format("{}: a JPEG is written, so its name must end in .jpg or .jpeg", output));
  }
  return CheckIsNoPhoto(catalog, output);
}

}  // namespace

StatusOr<PhotoRecord> ShowPhoto(const App& app, const ShowRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  if (!request.render.empty()) {
    CALOTYPE_RETURN_IF_ERROR(CheckOutput(*catalog, request.render));
  }
  const std::string path = CatalogPath(request.photo).string();
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId id, catalog->FindByPath(path));
  CALOTYPE_ASSIGN_OR_RETURN(PhotoRecord photo, catalog->GetPhoto(id));
  // This may fail while a scan writes, or where the catalogue cannot be written; then the photo waits its turn.
  catalog->Prioritise(id).IgnoreError();
  if (!request.render.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> jpeg, RenderPhoto(app, photo, path, request.page));
    CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(request.render, jpeg));
  }
  const auto gone = std::ranges::stable_partition(photo.paths, IsFileThere);
  photo.present_paths = photo.paths.size() - gone.size();
  return photo;
}

StatusOr<std::vector<uint8_t>> RenderPhoto(const App& app, const PhotoRecord& photo, const std::string& path,
                                           int page) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenAnyPath(photo, path));
  CALOTYPE_ASSIGN_OR_RETURN(
      DecodeAnswer decoded,
      CreateInProcessReader()->Decode({.photo = file.get(), .limits = app.settings().Limits(), .page = page}));
  RenderFindings(*decoded.photo, photo.findings, page);
  return EncodeJpeg(decoded.photo->image, kRenderQuality);
}

}  // namespace calotype
