// Measures how sharp a face is. A face that is too blurred is not recognised, however large it is.
#pragma once

#include <array>

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// The share of a face's edges that disappears when the face is smoothed to half its resolution, along the direction
// that loses least: 0 for a face with nothing left to lose, about 0.45 for a sharp one, at most 1. It is measured at
// one size (eyes 35 pixels apart, as recognisers see the face), below the brows and above the chin. Contrast, light and
// the face's size do not change it, noise hardly does, and motion blur in one direction counts as blur. A face cut off
// by the edge of the photo seems sharper than it is. `landmarks` are in pixels of `image` and must not all be the same
// point. Takes less than a millisecond.
float FaceSharpness(const Image& image, const std::array<Point, 5>& landmarks);

}  // namespace calotype
