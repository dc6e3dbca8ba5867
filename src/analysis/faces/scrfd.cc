#include "analysis/faces/scrfd.h"

#include <array>

#include "analysis/boxes.h"
#include "analysis/faces/outputs.h"

namespace calotype {
namespace {

constexpr std::array kStrides = {8, 16, 32};
constexpr std::size_t kAnchorsPerCell = 2;
constexpr std::size_t kLandmarks = 5;
// Scores and boxes of three strides.
constexpr std::size_t kOutputsWithoutPoints = 6;

struct Level {
  std::span<const float> scores;  // [cells * 2]
  std::span<const float> sides;   // [cells * 2, 4]: left, top, right, bottom from the centre, in strides
  std::span<const float> points;  // [cells * 2, 10]: x and y from the centre, in strides; may be empty
};

StatusOr<Level> FindLevel(std::span<const Tensor> outputs, std::size_t cells) {
  const std::size_t anchors = cells * kAnchorsPerCell;
  Level level;
  CALOTYPE_ASSIGN_OR_RETURN(level.scores, FindOutput(outputs, anchors, 1));
  CALOTYPE_ASSIGN_OR_RETURN(level.sides, FindOutput(outputs, anchors, 4));
  if (outputs.size() != kOutputsWithoutPoints) {
    CALOTYPE_ASSIGN_OR_RETURN(level.points, FindOutput(outputs, anchors, 2 * kLandmarks));
  }
  return level;
}

// Anchors are counted row by row, those of a cell together; a cell's centre is its upper left corner.
FaceFinding Decode(const Level& level, std::size_t anchor, std::size_t columns, float stride) {
  const std::size_t cell = anchor / kAnchorsPerCell;
  const std::size_t row = cell / columns;
  const std::size_t column = cell % columns;
  const float x = static_cast<float>(column) * stride;
  const float y = static_cast<float>(row) * stride;
  const std::span<const float> sides = level.sides.subspan(anchor * 4, 4);
  FaceFinding face{
      .score = level.scores[anchor],
      .box = BoxFromCorners(x - sides[0] * stride, y - sides[1] * stride, x + sides[2] * stride, y + sides[3] * stride),
      .landmarks = {},
      .embedding = {}};
  if (level.points.empty()) {
    return face;
  }
  const std::span<const float> points = level.points.subspan(anchor * 2 * kLandmarks, 2 * kLandmarks);
  for (std::size_t i = 0; i < kLandmarks; ++i) {
    face.landmarks[i] = {x + points[2 * i] * stride, y + points[2 * i + 1] * stride};
  }
  return face;
}

}  // namespace

StatusOr<std::vector<FaceFinding>> DecodeScrfd(const FaceOutputs& outputs, float score_threshold) {
  std::vector<FaceFinding> faces;
  for (const int stride : kStrides) {
    CALOTYPE_ASSIGN_OR_RETURN(const Level level, FindLevel(outputs.tensors, outputs.cells(stride)));
    const auto columns = static_cast<std::size_t>(outputs.width / stride);
    for (std::size_t anchor = 0; anchor < level.scores.size(); ++anchor) {
      if (level.scores[anchor] >= score_threshold) {
        faces.push_back(Decode(level, anchor, columns, static_cast<float>(stride)));
      }
    }
  }
  return faces;
}

}  // namespace calotype
