// Groups of photos that look alike to the image encoder. (The neighbours of one photo are similar.h, true copies
// duplicates.h.)
#pragma once

#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/similar.h"

namespace calotype {

// Groups of two or more that are linked by pairs with a cosine of at least `min_cosine`, ordered by the id of their
// first; the first of a group is the one that was added first, the others follow by their cosine with it. Copies
// (FindDuplicates) stand for themselves once. Every pair is looked at (AlikePairs), so the time grows with the square
// of the photos' number; 260 bytes of memory for each.
StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(SearchCatalog& catalog, float min_cosine);

}  // namespace calotype
