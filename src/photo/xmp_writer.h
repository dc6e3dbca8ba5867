// Findings into an XMP packet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

struct XmpAdditions {
  std::vector<std::string> keywords;
  std::vector<NamedRegion> regions;  // faces, in the upright photo
  int orientation = 1;               // EXIF's, of the photo
  int width = 0;                     // of the upright photo
  int height = 0;
};

// The XMP packet `existing` (empty: none yet) with the keywords (dc:subject) and regions (MWG) that it does not have.
// Nothing that is in it is changed or left out: a region that lies where one of its own does is not added, but gives it
// its name when that has none. `existing` itself, byte by byte, when it has all of them. kInvalidArgument when
// `existing` is no XMP.
StatusOr<std::string> AddToXmp(std::string_view existing, const XmpAdditions& additions);

}  // namespace calotype
