// Writes the regions of faces into an XMP packet. Only this folder includes this header.
//
// Frame: regions are relative to the picture as it is stored, not turned by the EXIF orientation (Metadata Working
// Group, "Guidelines for Handling Metadata" 2.0, 5.9). So are AppliedToDimensions: the width and height of the stored
// picture in pixels. x and y of an area are its middle, in fractions of these. Microsoft's rectangles are in the same
// frame, and begin at the top left corner.
#pragma once

#include <exiv2/exiv2.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "photo/xmp_keywords.h"
#include "photo/xmp_writer.h"

namespace calotype {

struct RegionChanges {
  std::vector<std::string> changes;                          // as in XmpChange
  std::vector<std::pair<std::string, std::string>> renamed;  // old and new name
  std::set<std::string> names;                               // of all regions of faces, afterwards
};

// Adds the faces' regions to the packet, or renames those at the same places, and keeps the records of their names in
// `lists`. kFailedPrecondition as for AddToXmp(); the packet is half written then.
StatusOr<RegionChanges> AddRegions(const XmpAdditions& additions, Exiv2::XmpData& xmp, XmpLists& lists);

}  // namespace calotype
