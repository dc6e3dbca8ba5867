#include "analysis/faces/blazeface.h"

#include <cmath>

#include "analysis/boxes.h"
#include "analysis/faces/face_chip.h"
#include "analysis/faces/outputs.h"
#include "analysis/image_ops.h"

namespace calotype {
namespace {

struct LevelShape {
  int stride;
  std::size_t anchors_per_cell;
};

// MediaPipe's anchors for this network have strides 16, 32, 32, 32 with two anchors each; levels of one stride share a
// grid.
constexpr std::array kLevels = {LevelShape{16, 2}, LevelShape{32, 6}};

// Centre x and y relative to the anchor, width, height, then x and y of six points relative to the anchor; all in
// pixels.
constexpr std::size_t kColumns = 16;
constexpr std::size_t kFirstPoint = 4;

float Sigmoid(float logit) { return 1 / (1 + std::exp(-logit)); }

FaceFinding Decode(std::span<const float> row, const Point& anchor, float score) {
  std::array<Point, 4> known;
  for (std::size_t i = 0; i < known.size(); ++i) {
    known[i] = {anchor.x + row[kFirstPoint + 2 * i], anchor.y + row[kFirstPoint + 2 * i + 1]};
  }
  const float x = anchor.x + row[0];
  const float y = anchor.y + row[1];
  return {.score = score,
          .box = BoxFromCorners(x - row[2] / 2, y - row[3] / 2, x + row[2] / 2, y + row[3] / 2),
          .landmarks = LandmarksWithMouthCorners(known),
          .embedding = {}};
}

Status DecodeLevel(const FaceOutputs& outputs, const LevelShape& level, float score_threshold,
                   std::vector<FaceFinding>& faces) {
  const std::size_t columns = static_cast<std::size_t>(outputs.width / level.stride);
  const std::size_t anchors = outputs.cells(level.stride) * level.anchors_per_cell;
  CALOTYPE_ASSIGN_OR_RETURN(const std::span<const float> logits, FindOutput(outputs.tensors, anchors, 1));
  CALOTYPE_ASSIGN_OR_RETURN(const std::span<const float> rows, FindOutput(outputs.tensors, anchors, kColumns));
  for (std::size_t i = 0; i < anchors; ++i) {
    const float score = Sigmoid(logits[i]);
    if (score < score_threshold) {
      continue;
    }
    const std::size_t cell = i / level.anchors_per_cell;
    const std::size_t row = cell / columns;
    const std::size_t column = cell % columns;
    const Point anchor{(static_cast<float>(column) + 0.5F) * static_cast<float>(level.stride),
                       (static_cast<float>(row) + 0.5F) * static_cast<float>(level.stride)};
    faces.push_back(Decode(rows.subspan(i * kColumns, kColumns), anchor, score));
  }
  return absl::OkStatus();
}

}  // namespace

std::array<Point, 5> LandmarksWithMouthCorners(const std::array<Point, 4>& known) {
  const std::array<Point, 5>& mean = kMeanFace;
  const Point mean_mouth{(mean[3].x + mean[4].x) / 2, (mean[3].y + mean[4].y) / 2};
  const std::array<Point, 4> from{mean[0], mean[1], mean[2], mean_mouth};
  Similarity turn = FitSimilarity(from, known);
  turn.tx = 0;
  turn.ty = 0;
  const auto corner = [&](const Point& mean_corner) {
    const Point offset = Apply(turn, {mean_corner.x - mean_mouth.x, mean_corner.y - mean_mouth.y});
    return Point{known[3].x + offset.x, known[3].y + offset.y};
  };
  return {known[0], known[1], known[2], corner(mean[3]), corner(mean[4])};
}

StatusOr<std::vector<FaceFinding>> DecodeBlazeFace(const FaceOutputs& outputs, float score_threshold) {
  std::vector<FaceFinding> faces;
  for (const LevelShape& level : kLevels) {
    CALOTYPE_RETURN_IF_ERROR(DecodeLevel(outputs, level, score_threshold, faces));
  }
  return faces;
}

}  // namespace calotype
