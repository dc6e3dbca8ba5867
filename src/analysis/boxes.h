// Box operations shared by all detectors: non-maximum suppression, clipping, and scaling to the original's pixels.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/geometry.h"

namespace calotype {

// One box proposed by a detector.
struct Candidate {
  Box box;
  float score = 0;
  int label = 0;  // boxes of different labels do not suppress each other
};

// Non-maximum suppression. Keeps a candidate when its overlap (intersection over union) with every better kept
// candidate of the same label is at most `max_iou`. Returns the indices of the kept candidates, best first; among equal
// scores the earlier one first. Cost is quadratic in the number of kept candidates.
std::vector<std::size_t> SuppressDoubles(std::span<const Candidate> candidates, float max_iou);

// The part of `box` inside the rectangle (0, 0) to (width, height); its area is 0 when the box lies outside.
Box ClipBox(const Box& box, float width, float height);

Box BoxFromCorners(float left, float top, float right, float bottom);

Box ScaleBox(const Box& box, float scale_x, float scale_y);

}  // namespace calotype
