// Groups of photos that look alike to the image encoder. (The neighbours of one photo are similar.h, true copies
// duplicates.h.)
#pragma once

#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"
#include "search/similar.h"
#include "search/vector_index/vector_search.h"

namespace calotype {

// Groups of two or more that are linked by pairs with a cosine of at least `min_cosine`, ordered by the id of their
// first; the first of a group is the one that was added first, the others follow by their cosine with it. Copies
// (FindDuplicates) stand for themselves once. One search for each photo: the time grows with the square of their
// number.
StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(Catalog& catalog, VectorSearch& vectors,
                                                                float min_cosine);

}  // namespace calotype
