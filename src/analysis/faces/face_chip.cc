#include "analysis/faces/face_chip.h"

#include <algorithm>

#include "analysis/image_ops.h"

namespace calotype {

std::array<Point, 5> ChipLandmarks(int size, float padding) {
  const float scale = static_cast<float>(size) / (1 + 2 * padding);
  std::array<Point, 5> landmarks;
  std::ranges::transform(kMeanFace, landmarks.begin(), [&](const Point& point) {
    return Point{(padding + point.x) * scale, (padding + point.y) * scale};
  });
  return landmarks;
}

Image CutFaceChip(const Image& image, const std::array<Point, 5>& landmarks, int size, float padding) {
  return WarpSimilarity(image, FitSimilarity(landmarks, ChipLandmarks(size, padding)), size, size);
}

}  // namespace calotype
