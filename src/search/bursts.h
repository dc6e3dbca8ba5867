// Photos that were taken one right after the other. (True copies are duplicates.h, look-alikes look_alikes.h.)
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"

namespace calotype {

struct BurstOptions {
  int within_s = 2;  // from one photo to the next
  int at_least = 3;  // photos
};

struct BurstPhoto {
  PhotoId photo = 0;
  std::string path;
  std::string taken_at;
};

struct Burst {
  std::string camera;
  std::vector<BurstPhoto> photos;  // in the order in which they were taken
};

// The bursts of each camera, by camera and time. Copies count once (FindDuplicates); photos that do not say with which
// camera they were taken, or when to the second, are in none.
StatusOr<std::vector<Burst>> FindBursts(SearchCatalog& catalog, const BurstOptions& options);

}  // namespace calotype
