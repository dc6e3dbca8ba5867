#include "app/folders.h"

#include "app/open_catalog.h"
#include "base/file_lock.h"

namespace calotype {

StatusOr<std::vector<std::string>> ScannedFolders(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> folders, catalog->Roots());
  if (folders.empty()) {
    return absl::FailedPreconditionError("no folder was scanned yet; run: calotype scan FOLDER");
  }
  return folders;
}

Status RemoveFolder(Library& library, const std::string& folder) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock,
                            FileLock::Take(library.app().catalog_files().scan_lock(), "scan of this catalogue"));
  return catalog->RemoveRoot(CatalogPath(folder).string());
}

}  // namespace calotype
