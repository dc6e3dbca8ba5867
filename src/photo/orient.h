// EXIF orientation: turns stored pixels upright.
#pragma once

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// True when `orientation` (EXIF 1 to 8) exchanges width and height.
bool SwapsAxes(int orientation);

// Returns `stored` turned and mirrored according to the EXIF orientation; unchanged for values outside 2 to 8.
Image Upright(Image stored, int orientation);

// Convert an area of the stored picture to the upright one, and back. Boxes are in fractions of width and height.
Box UprightPart(Box stored, int orientation);
Box StoredPart(Box upright, int orientation);

}  // namespace calotype
