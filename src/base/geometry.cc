#include "base/geometry.h"

#include <algorithm>

namespace calotype {

float IntersectionOverUnion(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  const float intersection = std::max(width, 0.0F) * std::max(height, 0.0F);
  const float all = a.Area() + b.Area() - intersection;
  return all > 0 ? intersection / all : 0;
}

}  // namespace calotype
