#include "analysis/faces/retinaface.h"

#include <array>
#include <cmath>

#include "analysis/boxes.h"

namespace calotype {
namespace {

// From data/config.py of the port; the same for both backbones.
struct Level {
  int stride;
  std::array<float, 2> sides;  // of the square anchors at each position, in pixels
};
constexpr std::array kLevels = {Level{8, {16, 32}}, Level{16, {64, 128}}, Level{32, {256, 512}}};
constexpr float kCentreVariance = 0.1F;
constexpr float kSizeVariance = 0.2F;

struct Anchor {
  float x = 0;  // of the centre, in pixels
  float y = 0;
  float side = 0;
};

// Level by level and row by row, with the anchors of one position together. Positions that the input covers only partly
// count as well.
std::vector<Anchor> MakeAnchors(int width, int height) {
  std::vector<Anchor> anchors;
  for (const Level& level : kLevels) {
    for (int row = 0; row * level.stride < height; ++row) {
      for (int column = 0; column * level.stride < width; ++column) {
        for (const float side : level.sides) {
          anchors.push_back({.x = (static_cast<float>(column) + 0.5F) * static_cast<float>(level.stride),
                             .y = (static_cast<float>(row) + 0.5F) * static_cast<float>(level.stride),
                             .side = side});
        }
      }
    }
  }
  return anchors;
}

FaceFinding Decode(const Anchor& anchor, std::span<const float> box, std::span<const float> points, float score) {
  const float step = kCentreVariance * anchor.side;
  const float x = anchor.x + box[0] * step;
  const float y = anchor.y + box[1] * step;
  const float width = anchor.side * std::exp(box[2] * kSizeVariance);
  const float height = anchor.side * std::exp(box[3] * kSizeVariance);
  FaceFinding face{.score = score,
                   .box = BoxFromCorners(x - width / 2, y - height / 2, x + width / 2, y + height / 2),
                   .landmarks = {},
                   .embedding = {}};
  for (std::size_t i = 0; i < face.landmarks.size(); ++i) {
    face.landmarks[i] = {anchor.x + points[2 * i] * step, anchor.y + points[2 * i + 1] * step};
  }
  return face;
}

}  // namespace

StatusOr<std::vector<FaceFinding>> DecodeRetinaFace(const FaceOutputs& outputs, float score_threshold) {
  const std::vector<Anchor> anchors = MakeAnchors(outputs.width, outputs.height);
  CALOTYPE_ASSIGN_OR_RETURN(const std::span<const float> boxes, FindOutput(outputs.tensors, anchors.size(), 4));
  CALOTYPE_ASSIGN_OR_RETURN(const std::span<const float> scores, FindOutput(outputs.tensors, anchors.size(), 2));
  CALOTYPE_ASSIGN_OR_RETURN(const std::span<const float> points, FindOutput(outputs.tensors, anchors.size(), 10));
  std::vector<FaceFinding> faces;
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    if (const float score = scores[2 * i + 1]; score >= score_threshold) {
      faces.push_back(Decode(anchors[i], boxes.subspan(i * 4, 4), points.subspan(i * 10, 10), score));
    }
  }
  return faces;
}

}  // namespace calotype
