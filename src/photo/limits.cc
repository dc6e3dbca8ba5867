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

Status CheckWork(int64_t samples, std::size_t bytes, const DecodeLimits& limits) {
  const int64_t allowed = kFreeSamples + static_cast<int64_t>(bytes) * limits.samples_per_byte;
  if (samples <= allowed) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(fmt::format(
      "decoding it means to compute {} samples from a file of {} bytes, the limit is {}: {} million, and {} for each "
      "byte (limits.samples_per_byte)",
      samples, bytes, allowed, kFreeSamples / 1'000'000, limits.samples_per_byte));
}

Status CheckMetadataBytes(int64_t bytes, const DecodeLimits& limits) {
  if (bytes <= limits.max_metadata_bytes) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      fmt::format("its metadata has at least {} bytes, the limit is {} "
                  "(limits.metadata_mb)",
                  bytes, limits.max_metadata_bytes));
}

Status CheckFrames(int64_t frames, const DecodeLimits& limits) {
  if (frames <= limits.max_frames) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      fmt::format("it has at least {} frames, the limit is {} (limits.frames)", frames, limits.max_frames));
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
