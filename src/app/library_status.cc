#include "app/library_status.h"

namespace calotype {

StatusOr<std::optional<ScanNews>> ReadScanNews(Library& library) {
  CALOTYPE_RETURN_IF_ERROR(library.Catalogue().status());
  return ReadProgress(library.app().catalog_files().progress());
}

StatusOr<LibraryStatus> ReadStatus(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  LibraryStatus status;
  CALOTYPE_ASSIGN_OR_RETURN(status.catalog, catalog->GetStatus());
  CALOTYPE_ASSIGN_OR_RETURN(status.models, catalog->Models());
  status.placements = DeviceStore(library.app().DeviceFile()).Placements();
  CALOTYPE_ASSIGN_OR_RETURN(status.scan, ReadScanNews(library));
  return status;
}

}  // namespace calotype
