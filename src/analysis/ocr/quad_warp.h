// Turns a quadrilateral in a photo into a rectangular image.
#pragma once

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// Whose result is reproduced. The two count coordinates differently.
enum class WarpStyle {
  // OpenCV 5's warpPerspective: cubic kernel with a = -0.75, edge pixels repeated, values rounded. (0, 0) is the centre
  // of the first pixel.
  kOpenCv,
  // Pillow's Image.transform: cubic kernel with a = -1, black outside of the photo, values rounded down. (0, 0) is the
  // outer corner of the first pixel.
  kPillow,
};

// Maps `quad` of `photo` to width x height pixels: with perspective, and cubic interpolation at exact positions. A few
// of ten thousand pixels differ from the reference, by one grey level (OpenCV 4 differs more: it rounds positions to
// 1/32 pixel). With kOpenCv, the last column lies one pixel before the right side of the quad. Empty if `width` or
// `height` is 0, or `photo` is empty.
Image WarpQuad(const Image& photo, const Quad& quad, int width, int height, WarpStyle style = WarpStyle::kOpenCv);

}  // namespace calotype
