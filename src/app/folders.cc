#include "app/folders.h"

#include <algorithm>
#include <system_error>

#include "app/open_catalog.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {

StatusOr<std::vector<std::string>> ScannedFolders(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->Roots();
}

Status CheckAnyToScan(const std::vector<std::string>& folders) {
  return folders.empty()
             ? absl::FailedPreconditionError("all folders were removed from the library; add one: calotype scan FOLDER")
             : absl::OkStatus();
}

std::optional<std::filesystem::path> RealPathBelow(const std::string& path, const std::vector<std::string>& folders) {
  if (IsObjectPath(path)) {  // has no links, and no part "..": ParseObjectPath()
    const bool is_below = ParseObjectPath(path).ok() &&
                          std::ranges::any_of(folders, [&](const std::string& one) { return IsAtOrBelow(path, one); });
    return is_below ? std::optional<std::filesystem::path>(path) : std::nullopt;
  }
  std::error_code error;
  std::filesystem::path real = std::filesystem::canonical(LocalPath(path), error);
  if (error) {
    return std::nullopt;
  }
  const bool is_below = std::ranges::any_of(folders, [&real](const std::string& folder) {
    std::error_code missing;
    const std::filesystem::path root = std::filesystem::canonical(LocalPath(folder), missing);
    return !missing && IsAtOrBelow(real, root);
  });
  return is_below ? std::optional(std::move(real)) : std::nullopt;
}

StatusOr<std::vector<std::string>> SubfoldersOf(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::string> found;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->path().filename().string().starts_with('.')) {
      found.push_back(it->path().string());
    }
  }
  if (error) {
    return ErrnoStatus(error.value(), "cannot read the folder " + folder.string());
  }
  std::ranges::sort(found);
  return found;
}

Status RemoveFolder(Library& library, const std::string& folder) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock,
                            FileLock::Take(library.app().catalog_files().scan_lock(), "scan of this catalogue"));
  return catalog->RemoveRoot(CatalogPath(folder).string());
}

}  // namespace calotype
