#include "analysis/ocr/detection_input.h"

#include <algorithm>
#include <cmath>

namespace calotype {
namespace {

// RapidOCR's width_height_ratio. It pads only what is too wide; what is too tall takes all memory there.
constexpr int kMaxRatio = 8;
// RapidOCR's get_padding_h: to twice the height at which the ratio would be the largest allowed.
constexpr int kPaddedRatio = kMaxRatio / 2;

// The margin on each side of `side` that makes it a quarter of `other`; 0 while it is an eighth or more.
int Margin(int side, int other) {
  const bool narrow = int64_t{other} > int64_t{side} * kMaxRatio;
  return narrow ? (other / kPaddedRatio - side + 1) / 2 : 0;
}

PixelSize Scaled(PixelSize size, double factor, int multiple) {
  const auto scaled = [factor, multiple](int side) {
    const double steps = std::floor(side * factor) / multiple;
    return std::max(1, static_cast<int>(std::nearbyint(steps))) * multiple;
  };
  return {scaled(size.width), scaled(size.height)};
}

}  // namespace

DetectionInput PlanDetection(PixelSize photo, const DetectionLimits& limits) {
  DetectionInput input{
      .pad_x = Margin(photo.width, photo.height), .pad_y = Margin(photo.height, photo.width), .network = {}};
  PixelSize size{photo.width + 2 * input.pad_x, photo.height + 2 * input.pad_y};
  if (const int longest = std::max(size.width, size.height); longest > limits.max_side) {
    size = Scaled(size, static_cast<double>(limits.max_side) / longest, limits.multiple);
  }
  const int shortest = std::min(size.width, size.height);
  input.network = Scaled(size, std::max(1.0, static_cast<double>(limits.limit_side) / shortest), limits.multiple);
  return input;
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
