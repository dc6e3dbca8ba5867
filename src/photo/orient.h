// EXIF orientation: from pixels as they are stored to pixels as they are seen.
#pragma once

#include "photo/image.h"

namespace calotype {

// True when `orientation` (EXIF 1 to 8) makes width out of height.
bool SwapsAxes(int orientation);

// `stored` turned and mirrored as EXIF's `orientation` tells; anything outside 2 to 8 gives it back untouched.
Image Upright(Image stored, int orientation);

}  // namespace calotype
