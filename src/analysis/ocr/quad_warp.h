// Turns a quadrilateral in a photo into a rectangular image.
#pragma once

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// How pixels between those of the photo are computed. In both, corners are where the reference puts them.
enum class WarpStyle {
  // OpenCV 5's warpPerspective: a = -0.75, edge pixels repeated. (0, 0) is the centre of the first pixel.
  kOpenCv,
  // Pillow's Image.transform: a = -1, black outside of the photo, numbers truncated. (0, 0) is the outer corner of the
  // first pixel.
  kPillow,
};

// Maps `quad` of `photo` to width x height pixels: with perspective, and cubic interpolation at exact positions. Equals
// the reference except for one grey level in a few of ten thousand pixels; OpenCV 4 rounds positions to 1/32 pixel. As
// in OpenCV, the last column lies one pixel before the right side. Empty when a side is 0.
Image WarpQuad(const Image& photo, const Quad& quad, int width, int height, WarpStyle style = WarpStyle::kOpenCv);

}  // namespace calotype
