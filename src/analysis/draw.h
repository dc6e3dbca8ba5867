// Draws findings into an image, for `show --render`.
#pragma once

#include <span>
#include <string_view>

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

struct Colour {
  int red = 0;
  int green = 0;
  int blue = 0;
};

// Draws the outline of the closed polygon `points` (pixels of `image`), with `caption` above its first point on a
// background of the same colour. Line width and letter size grow with the image. The font has only ASCII: every other
// character becomes "?".
void DrawPolygon(Image& image, std::span<const Point> points, const Colour& colour, std::string_view caption);

// Draws a filled dot.
void DrawDot(Image& image, const Point& at, const Colour& colour);

}  // namespace calotype
