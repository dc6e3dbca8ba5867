// A quadrilateral of a photo, drawn flat.
#pragma once

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// `quad` of `photo` drawn into width x height: in perspective, cubic (a = -0.75) at the very place that a pixel has in
// the photo, edge pixels repeated. It is what OpenCV 5's warpPerspective draws, to a grey level in a few pixels of ten
// thousand; OpenCV 4 rounds places to 1/32 of a pixel. As there, corners are places of pixels (that of the first is
// (0, 0)), and the last column lies one short of the right side. Empty when there is nothing to draw.
Image WarpQuad(const Image& photo, const Quad& quad, int width, int height);

}  // namespace calotype
