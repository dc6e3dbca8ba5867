// Finds groups of similar photos, by their image embeddings. (Photos similar to one photo: similar.h. Copies:
// duplicates.h.)
#pragma once

#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/similar.h"
#include "search/vector_index/photo_set.h"

namespace calotype {

// Returns groups of two or more photos connected by pairs with a cosine of at least `min_cosine`, ordered by the id of
// their first photo. The first photo of a group has the lowest id; the others follow by their cosine with it, highest
// first. Photos in `copies` (CopiesIn()) do not take part. All pairs are considered (AlikePairs), by
// `threads` threads, so the time grows with the square of the number of photos. Takes 260 bytes of memory for each
// photo.
StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(SearchCatalog& catalog, float min_cosine,
                                                                const PhotoSet& copies, int threads);

}  // namespace calotype
