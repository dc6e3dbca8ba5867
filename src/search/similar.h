// Finds photos similar to one photo, by their image embeddings. (Copies: duplicates.h.)
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
  bool gone = false;  // the photo has no file on the disk any more; only the application looks
};

// Returns up to `limit` photos similar to `photo`, most similar first, without itself, among those that `choice`
// allows.
//   kNotFound            no such photo
//   kFailedPrecondition  the photo has no embedding yet
//   kInvalidArgument     a limit below 1
StatusOr<std::vector<SimilarPhoto>> FindSimilar(SearchCatalog& catalog, VectorSearch& vectors, PhotoId photo, int limit,
                                                const PhotoChoice& choice = {});

// As FindSimilar(), for a photo that is not in the library, by its embedding.
StatusOr<std::vector<SimilarPhoto>> FindSimilarTo(SearchCatalog& catalog, VectorSearch& vectors,
                                                  const EmbeddingFinding& embedding, int limit,
                                                  const PhotoChoice& choice = {});

}  // namespace calotype
