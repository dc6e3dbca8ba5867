// Finds bursts: photos taken in quick succession. (Copies: duplicates.h. Similar photos: look_alikes.h.)
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/vector_index/photo_set.h"

namespace calotype {

struct BurstOptions {
  int within_s = 2;  // maximum seconds between a photo and the next
  int at_least = 3;  // minimum number of photos
};

struct BurstPhoto {
  PhotoId photo = 0;
  std::string path;
  std::string taken_at;
};

struct Burst {
  std::string camera;
  std::vector<BurstPhoto> photos;  // in the order of capture
};

// The bursts of each camera, ordered by camera and time. Photos in `copies` (CopiesIn()) do not count, nor do
// photos without a camera name or a time to the second.
StatusOr<std::vector<Burst>> FindBursts(SearchCatalog& catalog, const BurstOptions& options, const PhotoSet& copies);

}  // namespace calotype
