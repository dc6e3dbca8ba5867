#include "analysis/boxes.h"

#include <algorithm>
#include <numeric>

namespace calotype {

std::vector<std::size_t> SuppressDoubles(std::span<const Candidate> candidates, float max_iou) {
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return candidates[i].score; });
  std::vector<std::size_t> kept;
  for (const std::size_t index : order) {
    const Candidate& candidate = candidates[index];
    const bool doubled = std::ranges::any_of(kept, [&](std::size_t better) {
      return candidates[better].label == candidate.label &&
             IntersectionOverUnion(candidates[better].box, candidate.box) > max_iou;
    });
    if (!doubled) {
      kept.push_back(index);
    }
  }
  return kept;
}

Box ClipBox(const Box& box, float width, float height) {
  return BoxFromCorners(std::clamp(box.x, 0.0F, width), std::clamp(box.y, 0.0F, height),
                        std::clamp(box.x + box.width, 0.0F, width), std::clamp(box.y + box.height, 0.0F, height));
}

Box BoxFromCorners(float left, float top, float right, float bottom) {
  return {.x = left, .y = top, .width = std::max(0.0F, right - left), .height = std::max(0.0F, bottom - top)};
}

Box ScaleBox(const Box& box, float scale_x, float scale_y) {
  return {.x = box.x * scale_x, .y = box.y * scale_y, .width = box.width * scale_x, .height = box.height * scale_y};
}

}  // namespace calotype
