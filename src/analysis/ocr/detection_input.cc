#include "analysis/ocr/detection_input.h"

#include <algorithm>
#include <cmath>

namespace calotype {
namespace {

constexpr int kMinSide = 30;  // RapidOCR's min_side_len, and its min_height
// RapidOCR's width_height_ratio. RapidOCR pads only photos that are too wide; one that is too tall can use all memory.
constexpr int kMaxRatio = 8;

bool IsNarrow(int side, int other) { return int64_t{other} > int64_t{side} * kMaxRatio; }

// The margin on each side of `side` that makes it twice the required length (RapidOCR's get_padding_h).
int Margin(int side, int other) { return (2 * std::max(other / kMaxRatio, kMinSide) - side) / 2; }

PixelSize Scaled(PixelSize size, double factor, int multiple) {
  const auto scaled = [factor, multiple](int side) {
    const double steps = std::floor(side * factor) / multiple;
    return std::max(1, static_cast<int>(std::nearbyint(steps))) * multiple;
  };
  return {scaled(size.width), scaled(size.height)};
}

}  // namespace

DetectionInput PlanDetection(PixelSize photo, const DetectionLimits& limits) {
  PixelSize size = photo;
  if (const int longest = std::max(size.width, size.height); longest > limits.max_side) {
    size = Scaled(size, static_cast<double>(limits.max_side) / longest, limits.multiple);
  }
  const auto [shortest, longest] = std::minmax({size.width, size.height});
  // Skip this for a strip, which would become longer than the limit above; the padding below enlarges it.
  if (shortest < kMinSide && int64_t{longest} * kMinSide <= int64_t{limits.max_side} * shortest) {
    size = Scaled(size, static_cast<double>(kMinSide) / shortest, limits.multiple);
  }
  DetectionInput input{.scaled = size, .network = {}};
  if (size.height <= kMinSide || IsNarrow(size.height, size.width)) {
    input.pad_y = Margin(size.height, size.width);
  } else if (IsNarrow(size.width, size.height)) {
    input.pad_x = Margin(size.width, size.height);
  }
  size = input.padded();
  const double enlarged = static_cast<double>(limits.limit_side) / std::min(size.width, size.height);
  input.network = Scaled(size, std::max(1.0, enlarged), limits.multiple);
  return input;
}

PixelSize PlanReduced(PixelSize photo, int max_short_side) {
  constexpr int kMultiple = 32;
  return Scaled(photo, std::min(static_cast<double>(max_short_side) / std::min(photo.width, photo.height), 1.0),
                kMultiple);
}

Quad ToPhoto(const DetectionInput& input, PixelSize photo, Quad quad) {
  const auto moved = [](float place, int pad, int scaled, int size) {
    const double in_photo = (double{place} - pad) * (static_cast<double>(size) / scaled);
    return static_cast<float>(std::clamp(in_photo, 0.0, static_cast<double>(size)));
  };
  for (Point& corner : quad) {
    corner = {moved(corner.x, input.pad_x, input.scaled.width, photo.width),
              moved(corner.y, input.pad_y, input.scaled.height, photo.height)};
  }
  return quad;
}

Image Pad(const Image& photo, int pad_x, int pad_y) {
  Image padded(photo.width() + 2 * pad_x, photo.height() + 2 * pad_y);
  std::ranges::fill(padded.pixels(), uint8_t{0});
  for (int y = 0; y < photo.height(); ++y) {
    std::copy_n(photo.row(y), photo.stride(),
                padded.row(y + pad_y) + static_cast<std::ptrdiff_t>(pad_x) * Image::kChannels);
  }
  return padded;
}

}  // namespace calotype
