// Points, boxes and quadrilaterals in pixels. x grows to the right, y grows down; (0, 0) is the outer corner of the
// first pixel.
#pragma once

#include <array>

namespace calotype {

struct Point {
  float x = 0;
  float y = 0;
};

struct Box {
  float x = 0;  // left
  float y = 0;  // top
  float width = 0;
  float height = 0;

  float Area() const { return width * height; }
};

// Corners in reading order of the text: top left, top right, bottom right, bottom left.
using Quad = std::array<Point, 4>;

// Area of the intersection divided by the area of the union; 0 when both boxes are empty.
float IntersectionOverUnion(const Box& a, const Box& b);

}  // namespace calotype
