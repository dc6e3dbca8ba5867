#include "app/show.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "app/open_catalog.h"
#include "app/photo_output.h"
#include "app/render.h"
#include "app/scanned_files.h"
#include "base/file.h"
#include "photo/encode.h"
#include "photo/photo_reader.h"

namespace calotype {
namespace {

constexpr int kRenderQuality = 90;

}  // namespace

StatusOr<PhotoRecord> ShowPhoto(const App& app, const ShowRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  if (!request.render.empty()) {
    CALOTYPE_RETURN_IF_ERROR(CheckJpegOutput(*catalog, request.render));
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
      CreatePhotoReader()->Decode({.photo = file.get(), .limits = app.settings().Limits(), .page = page}));
  RenderFindings(*decoded.photo, photo, page);
  return EncodeJpeg(decoded.photo->image, kRenderQuality);
}

}  // namespace calotype
