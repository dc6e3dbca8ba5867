// Finds bursts: photos taken in quick succession. (Copies: duplicates.h. Similar photos: look_alikes.h.)
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"

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

// The bursts of each camera, ordered by camera and time. Copies count once (FindDuplicates()). Photos without a camera
// name or a time to the second are ignored.
StatusOr<std::vector<Burst>> FindBursts(SearchCatalog& catalog, const BurstOptions& options);

}  // namespace calotype
