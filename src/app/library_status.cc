#include "app/library_status.h"

namespace calotype {
namespace {

std::optional<ScanNews> LatestNews(const App& app) { return ReadProgress(app.catalog_files().progress()); }

}  // namespace

StatusOr<std::optional<ScanNews>> ReadScanNews(Library& library) {
  CALOTYPE_RETURN_IF_ERROR(library.Catalogue().status());
  return LatestNews(library.app());
}

StatusOr<LibraryStatus> ReadStatus(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  LibraryStatus status;
  CALOTYPE_ASSIGN_OR_RETURN(status.paused, catalog->Paused());
  CALOTYPE_ASSIGN_OR_RETURN(status.catalog, catalog->GetStatus());
  CALOTYPE_ASSIGN_OR_RETURN(status.models, catalog->Models());
  CALOTYPE_ASSIGN_OR_RETURN(status.processes, catalog->Processes());
  status.placements = DeviceStore(library.app().DeviceFile()).Placements();
  status.scan = LatestNews(library.app());
  return status;
}

std::optional<double> SecondsLeft(const ScanProgress& progress, std::optional<double> per_minute) {
  const int64_t left = progress.to_do - progress.analysed - progress.failed;
  return per_minute.has_value() && left > 0 ? std::optional(static_cast<double>(left) * 60 / *per_minute)
                                            : std::nullopt;
}

}  // namespace calotype
