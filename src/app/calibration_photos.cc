#include "app/calibration_photos.h"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>

#include "app/open_catalog.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

std::vector<PhotoId> Spread(const std::vector<PhotoId>& photos, std::size_t count) {
  std::vector<PhotoId> some;
  const std::size_t most = std::min(count, photos.size());
  for (std::size_t i = 0; i < most; ++i) {
    some.push_back(photos[i * photos.size() / most]);
  }
  return some;
}

}  // namespace

StatusOr<std::vector<fs::path>> PhotosOfLibrary(const App& app, std::size_t count) {
  if (!app.catalog_files().MayExist()) {
    return std::vector<fs::path>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> all, catalog->FindPhotos({}));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog->PathsOf(Spread(all, count)));
  std::erase(paths, "");  // photos without a present file
  return std::vector<fs::path>(paths.begin(), paths.end());
}

std::vector<fs::path> PhotosOfSelfTests(const Pack& pack) {
  std::set<fs::path> photos;
  for (const ModelSpec& model : pack.models) {
    if (model.self_test && !model.self_test->photo.empty()) {
      photos.insert(model.self_test->photo);
      photos.insert(model.self_test->more_photos.begin(), model.self_test->more_photos.end());
    }
  }
  return {photos.begin(), photos.end()};
}

}  // namespace calotype
