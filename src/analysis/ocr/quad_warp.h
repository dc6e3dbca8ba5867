// Turns a quadrilateral in a photo into a rectangular image.
#pragma once

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// Maps `quad` of `photo` to width x height pixels: with perspective, cubic interpolation (a = -0.75) at exact
// positions, and edge pixels repeated. Equals OpenCV 5's warpPerspective except for one grey level in a few of ten
// thousand pixels; OpenCV 4 rounds positions to 1/32 pixel. As in OpenCV, corners are pixel positions ((0, 0) is the
// first pixel), and the last column lies one pixel before the right side. Empty when a side is 0.
Image WarpQuad(const Image& photo, const Quad& quad, int width, int height);

}  // namespace calotype
