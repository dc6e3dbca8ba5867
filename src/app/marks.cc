#include "app/marks.h"

#include <cstddef>
#include <string>
#include <vector>

namespace calotype {

StatusOr<std::vector<MarkCount>> CountMarks(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  std::vector<MarkCount> counts;
  for (const NamedMark& one : kUserMarks) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t photos, catalog->CountMarked(one.mark));
    counts.push_back({.name = std::string(one.name), .photos = photos});
  }
  return counts;
}

StatusOr<MarkedPage> ListMarked(Library& library, UserMark mark, PhotoId after, int limit) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, catalog->PhotosWithMark(mark, after, limit));
  MarkedPage page;
  CALOTYPE_ASSIGN_OR_RETURN(page.photos, catalog->PhotoRows(photos));
  // Gone since they were listed.
  std::erase_if(page.photos, [](const PhotoRow& row) { return row.id == 0; });
  if (photos.size() == static_cast<std::size_t>(limit)) {
    page.next = photos.back();
  }
  return page;
}

StatusOr<Decided> MarkPhotos(Library& library, UserMark mark, std::span<const PhotoId> photos, bool set) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->MarkPhotos(mark, photos, set);
}

}  // namespace calotype
