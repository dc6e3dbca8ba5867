#include "analysis/faces/scrfd.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analysis/boxes.h"
#include "analysis/faces/outputs.h"

namespace calotype {
namespace {

constexpr std::array kStrides = {8, 16, 32, 64, 128};
constexpr std::size_t kLandmarks = 5;

struct Layout {
  std::size_t outputs;
  std::size_t levels;  // of kStrides
  std::size_t anchors_per_cell;
  bool has_points;
};
constexpr std::array kLayouts = {
    Layout{.outputs = 6, .levels = 3, .anchors_per_cell = 2, .has_points = false},
    Layout{.outputs = 9, .levels = 3, .anchors_per_cell = 2, .has_points = true},
    Layout{.outputs = 10, .levels = 5, .anchors_per_cell = 1, .has_points = false},
    Layout{.outputs = 15, .levels = 5, .anchors_per_cell = 1, .has_points = true},
};

struct Level {
  std::size_t anchors_per_cell = 0;
  std::span<const float> scores;  // [anchors]
  std::span<const float> sides;   // [anchors, 4]: left, top, right, bottom distances from the centre, in strides
  std::span<const float> points;  // [anchors, 10]: x and y from the centre, in strides; may be empty
};

StatusOr<Level> FindLevel(std::span<const Tensor> outputs, std::size_t cells, const Layout& layout) {
  const std::size_t anchors = cells * layout.anchors_per_cell;
  Level level{.anchors_per_cell = layout.anchors_per_cell, .scores = {}, .sides = {}, .points = {}};
  CALOTYPE_ASSIGN_OR_RETURN(level.scores, FindOutput(outputs, anchors, 1));
  CALOTYPE_ASSIGN_OR_RETURN(level.sides, FindOutput(outputs, anchors, 4));
  if (layout.has_points) {
    CALOTYPE_ASSIGN_OR_RETURN(level.points, FindOutput(outputs, anchors, 2 * kLandmarks));
  }
  return level;
}

// Anchors are numbered row by row, those of a cell together. A cell's centre is its upper left corner.
FaceFinding Decode(const Level& level, std::size_t anchor, std::size_t columns, float stride) {
  const std::size_t cell = anchor / level.anchors_per_cell;
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
  const auto* const layout = std::ranges::find(kLayouts, outputs.tensors.size(), &Layout::outputs);
  if (layout == kLayouts.end()) {
    return absl::InternalError(
        fmt::format("the model file has {} outputs, but a SCRFD model has 6, 9, 10 or 15; is its family right?",
                    outputs.tensors.size()));
  }
  std::vector<FaceFinding> faces;
  for (const int stride : std::span(kStrides).first(layout->levels)) {
    CALOTYPE_ASSIGN_OR_RETURN(const Level level, FindLevel(outputs.tensors, outputs.cells(stride), *layout));
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
