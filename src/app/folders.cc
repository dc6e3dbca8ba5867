#include "app/folders.h"

namespace calotype {

StatusOr<std::vector<std::string>> ScannedFolders(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> folders, catalog->Roots());
  if (folders.empty()) {
    return absl::FailedPreconditionError("no folder was scanned yet; run: calotype scan FOLDER");
  }
  return folders;
}

}  // namespace calotype
