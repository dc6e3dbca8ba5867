// How sharp a face is: what is too blurred is not recognised, however large it is.
#pragma once

#include <array>

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// The share of a face's edges that is lost when it is smoothed to half its fineness, along the direction that loses
// least of them: 0 for a face of which nothing is left to lose, about 0.45 for a sharp one, at most 1. It is measured
// on the face at one size (eyes 35 pixels apart, as recognisers see it), below brows and above chin: neither contrast
// nor light nor the face's size moves it, noise hardly does, and motion along one direction is blur. A face that the
// edge of the photo cuts seems sharper than it is. `landmarks` in pixels of `image`, not all at one point. Less than a
// millisecond.
float FaceSharpness(const Image& image, const std::array<Point, 5>& landmarks);

}  // namespace calotype
