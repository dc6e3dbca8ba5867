// Marks on a picture, for people who want to see what was found where.
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

// Outlines the polygon `points` (pixels of `image`), closed, with `caption` above its first point on a ground of the
// same colour. Line and letters grow with the image. Captions are drawn in ASCII: other characters become "?".
void DrawPolygon(Image& image, std::span<const Point> points, const Colour& colour, std::string_view caption);

// A filled dot.
void DrawDot(Image& image, const Point& at, const Colour& colour);

}  // namespace calotype
