#include "app/open_catalog.h"

#include <fmt/format.h>

#include <system_error>

#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {

namespace fs = std::filesystem;

StatusOr<std::unique_ptr<Catalog>> OpenCatalog(const App& app, bool create) {
  const fs::path& file = app.catalog_files().database();
  std::error_code error;
  if (create) {
    fs::create_directories(file.parent_path(), error);
    if (error) {
      return absl::PermissionDeniedError(
          fmt::format("cannot create {}: {}", file.parent_path().string(), error.message()));
    }
  } else if (!app.catalog_files().MayExist()) {
    return absl::FailedPreconditionError(
        fmt::format("nothing was scanned yet: there is no {}; run: calotype scan FOLDER", file.string()));
  }
  return Catalog::Open(app.settings().catalog_file);
}

fs::path CatalogPath(const std::string& path) {
  if (IsObjectPath(path)) {
    const StatusOr<ObjectPath> object = ParseObjectPath(path);
    return object.ok() ? object->ToString() : path;
  }
  std::error_code error;
  fs::path absolute = fs::weakly_canonical(path, error);
  if (error) {
    absolute = fs::absolute(path, error).lexically_normal();
  }
  return StoredPath((absolute.has_filename() ? absolute : absolute.parent_path()).native());
}

Status CheckIsNoPhoto(SearchCatalog& catalog, const std::string& output) {
  const Status found = catalog.FindByPath(CatalogPath(output).string()).status();
  if (found.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("{} is a photo of the library, and photos are never overwritten; name another file", output));
  }
  return absl::IsNotFound(found) ? absl::OkStatus() : found;
}

}  // namespace calotype
