#include "app/duplicates.h"

namespace calotype {

StatusOr<Duplicates> FindDuplicates(Library& library, const DuplicateOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return FindDuplicates(*catalog, options);
}

StatusOr<std::vector<Burst>> FindBursts(Library& library, const BurstOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return FindBursts(*catalog, options);
}

StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(Library& library, float min_cosine) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return FindLookAlikes(*catalog, min_cosine);
}

}  // namespace calotype
