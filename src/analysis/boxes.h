// What detectors share once they have boxes: suppression of doubles, clipping, and the way back to the original's
// pixels.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/geometry.h"

namespace calotype {

// One box that a detector proposes.
struct Candidate {
  Box box;
  float score = 0;
  int label = 0;  // boxes of different labels do not suppress each other
};

// Non-maximum suppression: indices of the candidates whose overlap (intersection over union) with every better kept one
// of their label is at most `max_iou`, best first; of equals the earlier one. Quadratic in what is kept.
std::vector<std::size_t> SuppressDoubles(std::span<const Candidate> candidates, float max_iou);

// The part of `box` inside (0, 0) to (width, height); without area when it lies outside.
Box ClipBox(const Box& box, float width, float height);

Box BoxFromCorners(float left, float top, float right, float bottom);

Box ScaleBox(const Box& box, float scale_x, float scale_y);

}  // namespace calotype
