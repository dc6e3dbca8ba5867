// EXIF orientation: from pixels as they are stored to pixels as they are seen.
#pragma once

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// True when `orientation` (EXIF 1 to 8) makes width out of height.
bool SwapsAxes(int orientation);

// `stored` turned and mirrored as EXIF's `orientation` tells; anything outside 2 to 8 gives it back untouched.
Image Upright(Image stored, int orientation);

// Where an area of the stored picture lies in the upright one, and back; both in parts of width and height.
Box UprightPart(Box stored, int orientation);
Box StoredPart(Box upright, int orientation);

}  // namespace calotype
