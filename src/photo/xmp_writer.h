// Writes findings into an XMP packet.
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

// Returns the XMP packet `existing` (empty for a new one) with those keywords (dc:subject) and regions (MWG) added that
// it lacks. Nothing in it is changed or removed, with one exception: where a region overlaps an existing one without a
// name, the existing one gets the name. When there is nothing to add, returns `existing` byte for byte.
// kInvalidArgument when `existing` is not XMP.
StatusOr<std::string> AddToXmp(std::string_view existing, const XmpAdditions& additions);

}  // namespace calotype
