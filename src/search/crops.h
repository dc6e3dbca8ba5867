// Finds photos that are crops of others.
#pragma once

#include <functional>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/copy_groups.h"
#include "search/crop_match.h"
#include "search/library_files.h"
#include "search/vector_search.h"

namespace calotype {

struct FoundCrop {
  CopyCandidate crop;
  CopyCandidate whole;
  PicturePart part;  // of the whole picture
};

// Returns the crops among `photos` (by ascending id), each once, with the photo that it was cut from; that photo is not
// itself a crop. Compares each photo with the eight larger or smaller ones whose image embeddings are nearest and have
// a cosine of at least 0.7, so photos without an embedding are not found. `describe` returns a candidate without paths
// for a photo whose files cannot be used; it is called on this thread only.
//
// A photo is a crop of another only if CheckCrop() agrees, no text was read on both that differs (TextsDiffer()), and
// one camera did not take both at different times.
//
// Finding the nearest photos takes a millisecond for each photo of a library of 100,000. Pairs of different sizes are
// then decoded and compared on `threads` threads. Takes 4 KB of memory for each photo in such a pair.
StatusOr<std::vector<FoundCrop>> FindCrops(SearchCatalog& catalog, VectorSearch& vectors, LibraryFiles& files,
                                           const std::vector<PhotoId>& photos,
                                           const std::function<StatusOr<CopyCandidate>(PhotoId)>& describe,
                                           int threads);

}  // namespace calotype
