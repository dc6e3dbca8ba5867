// Photos that look like one photo to the image encoder. (True copies are duplicates.h.)
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/vector_search.h"

namespace calotype {

struct SimilarPhoto {
  PhotoId photo = 0;
  std::string path;
  float cosine = 0;
};

// The `limit` nearest neighbours of `photo`, nearest first, itself left out, of those that
// `choice` allows.
//   kNotFound            no such photo
//   kFailedPrecondition  the photo has no embedding yet
//   kInvalidArgument     a limit below 1
StatusOr<std::vector<SimilarPhoto>> FindSimilar(SearchCatalog& catalog, VectorSearch& vectors, PhotoId photo, int limit,
                                                const PhotoChoice& choice = {});

}  // namespace calotype
