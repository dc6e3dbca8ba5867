#include "analysis/faces/yunet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/boxes.h"

namespace calotype {
namespace {

constexpr std::array kStrides = {8, 16, 32};

struct Level {
  std::span<const float> classes;
  std::span<const float> objects;
  std::span<const float> boxes;   // centre from the position's corner, in strides; logarithms of the sides, in strides
  std::span<const float> points;  // from the position's corner, in strides
};

StatusOr<Level> FindLevel(const FaceOutputs& outputs, int stride) {
  const std::size_t rows = outputs.cells(stride);
  Level level;
  CALOTYPE_ASSIGN_OR_RETURN(level.classes, FindNamedOutput(outputs, fmt::format("cls_{}", stride), rows, 1));
  CALOTYPE_ASSIGN_OR_RETURN(level.objects, FindNamedOutput(outputs, fmt::format("obj_{}", stride), rows, 1));
  CALOTYPE_ASSIGN_OR_RETURN(level.boxes, FindNamedOutput(outputs, fmt::format("bbox_{}", stride), rows, 4));
  CALOTYPE_ASSIGN_OR_RETURN(level.points, FindNamedOutput(outputs, fmt::format("kps_{}", stride), rows, 10));
  return level;
}

FaceFinding Decode(const Level& level, std::size_t place, std::size_t columns, float stride, float score) {
  const auto column = static_cast<float>(place % columns);
  const std::size_t row_index = place / columns;
  const auto row = static_cast<float>(row_index);
  const std::span<const float> box = level.boxes.subspan(place * 4, 4);
  const std::span<const float> points = level.points.subspan(place * 10, 10);
  const float x = (column + box[0]) * stride;
  const float y = (row + box[1]) * stride;
  const float width = std::exp(box[2]) * stride;
  const float height = std::exp(box[3]) * stride;
  FaceFinding face{.score = score,
                   .box = BoxFromCorners(x - width / 2, y - height / 2, x + width / 2, y + height / 2),
                   .landmarks = {},
                   .embedding = {}};
  for (std::size_t i = 0; i < face.landmarks.size(); ++i) {
    face.landmarks[i] = {(column + points[2 * i]) * stride, (row + points[2 * i + 1]) * stride};
  }
  return face;
}

}  // namespace

StatusOr<std::vector<FaceFinding>> DecodeYuNet(const FaceOutputs& outputs, float score_threshold) {
  std::vector<FaceFinding> faces;
  for (const int stride : kStrides) {
    CALOTYPE_ASSIGN_OR_RETURN(const Level level, FindLevel(outputs, stride));
    const auto columns = static_cast<std::size_t>(outputs.width / stride);
    for (std::size_t place = 0; place < level.classes.size(); ++place) {
      const float score =
          std::sqrt(std::clamp(level.classes[place], 0.0F, 1.0F) * std::clamp(level.objects[place], 0.0F, 1.0F));
      if (score >= score_threshold) {
        faces.push_back(Decode(level, place, columns, static_cast<float>(stride), score));
      }
    }
  }
  return faces;
}

}  // namespace calotype
