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

Image CutArcFaceChip(const Image& image, const std::array<Point, 5>& landmarks, float scale_x, float scale_y,
                     int size) {
  std::array<Point, 5> from;
  std::array<Point, 5> to;
  std::ranges::transform(landmarks, from.begin(), [&](const Point& point) {
    return Point{(point.x + 0.5F) / scale_x, (point.y + 0.5F) / scale_y};
  });
  const float ratio = static_cast<float>(size) / 112;
  std::ranges::transform(kArcFace, to.begin(),
                         [&](const Point& point) { return Point{point.x * ratio + 0.5F, point.y * ratio + 0.5F}; });
  return WarpBilinear(image, FitSimilarity(from, to), size, size);
}

Image CutFaceChip(const Image& image, const std::array<Point, 5>& landmarks, int size, float padding) {
  return WarpSimilarity(image, FitSimilarity(landmarks, ChipLandmarks(size, padding)), size, size);
}

}  // namespace calotype
