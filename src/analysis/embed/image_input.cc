#include "analysis/embed/image_input.h"

#include <algorithm>
#include <cmath>

#include "analysis/image_ops.h"

namespace calotype {
namespace {

// The ends of a photo with a larger aspect ratio are cut off before scaling, since the crop would drop them anyway.
constexpr int kMaxRatio = 4;

}  // namespace

Image CentreSquare(const Image& photo, int short_side, int size) {
  if (photo.empty()) {
    return {};
  }
  const int shortest = std::min(photo.width(), photo.height());
  const int longest = std::max(photo.width(), photo.height());
  if (longest / shortest >= kMaxRatio + 1) {
    const int width = std::min(photo.width(), shortest * kMaxRatio);
    const int height = std::min(photo.height(), shortest * kMaxRatio);
    return CentreSquare(Crop(photo, (photo.width() - width) / 2, (photo.height() - height) / 2, width, height),
                        short_side, size);
  }
  const double scale = static_cast<double>(short_side) / shortest;
  const Image scaled = Resize(photo, static_cast<int>(std::lround(photo.width() * scale)),
                              static_cast<int>(std::lround(photo.height() * scale)));
  return Crop(scaled, (scaled.width() - size) / 2, (scaled.height() - size) / 2, size, size);
}

std::vector<Tag> TagsAbove(std::span<const float> probabilities, std::span<const std::string> labels, float threshold) {
  std::vector<Tag> tags;
  for (std::size_t i = 0; i < std::min(probabilities.size(), labels.size()); ++i) {
    if (probabilities[i] >= threshold) {
      tags.push_back({labels[i], probabilities[i]});
    }
  }
  std::ranges::stable_sort(tags, std::ranges::greater{}, &Tag::score);
  return tags;
}

}  // namespace calotype
