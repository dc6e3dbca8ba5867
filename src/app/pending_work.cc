#include "app/pending_work.h"

#include "app/open_catalog.h"

namespace calotype {
namespace {

Status SetPaused(Library& library, bool paused) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->SetPaused(paused);
}

}  // namespace

StatusOr<int64_t> RetryFailures(Library& library, const RetryRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  if (request.photos.empty()) {
    return catalog->RetryFailed({.reason = request.reason});
  }
  int64_t count = 0;
  for (const std::string& path : request.photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog->FindByPath(CatalogPath(path).string()));
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t failed, catalog->RetryFailed({.reason = request.reason, .photo = photo}));
    CALOTYPE_RETURN_IF_ERROR(catalog->Prioritise(photo));
    count += failed;
  }
  return count;
}

Status PrioritisePhoto(Library& library, const std::string& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog->FindByPath(CatalogPath(path).string()));
  return catalog->Prioritise(photo);
}

Status PauseScans(Library& library) { return SetPaused(library, true); }

Status ResumeScans(Library& library) { return SetPaused(library, false); }

}  // namespace calotype
