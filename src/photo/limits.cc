#include "photo/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace calotype {

Status CheckFileSize(std::size_t bytes, const DecodeLimits& limits) {
  if (bytes == 0) {
    return absl::InvalidArgumentError("the file is empty");
  }
  if (bytes > limits.max_file_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("the file has {} bytes, the limit is {} ({})", bytes, limits.max_file_bytes, kFileBytesKnob));
  }
  return absl::OkStatus();
}

Status CheckPixels(int64_t width, int64_t height, const DecodeLimits& limits) {
  constexpr int64_t kMaxSide = std::numeric_limits<int32_t>::max();
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    return absl::InvalidArgumentError(fmt::format("{}x{} is not the size of a photo", width, height));
  }
  if (width * height > limits.max_pixels) {
    return absl::ResourceExhaustedError(fmt::format("{}x{} is {} pixels, the limit is {} (limits.pixels)", width,
                                                    height, width * height, limits.max_pixels));
  }
  const int64_t long_side = std::max(width, height);
  const int64_t short_side = std::min(width, height);
  if (long_side > short_side * limits.max_aspect_ratio) {
    return absl::ResourceExhaustedError(
        fmt::format("{}x{} has one side {:.1f} times the other, the limit is {} (limits.aspect_ratio)", width, height,
                    static_cast<double>(long_side) / static_cast<double>(short_side), limits.max_aspect_ratio));
  }
  return absl::OkStatus();
}

int TargetLongSide(int64_t width, int64_t height, const DecodeLimits& limits) {
  constexpr double kTall = 4;
  constexpr double kMorePixels = 4;
  const double ratio = static_cast<double>(height) / static_cast<double>(std::max<int64_t>(width, 1));
  const double usual = std::max(limits.target_long_side, 1);
  const double target = ratio > kTall ? std::max(usual, usual * std::sqrt(kMorePixels * ratio)) : usual;
  return static_cast<int>(std::min(target, static_cast<double>(std::max(width, height))));
}

}  // namespace calotype
