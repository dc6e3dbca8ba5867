// The inner loops of resampling and of image to tensor. RGB pixels are three bytes, one after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/kernels.h"

namespace calotype {

// How a byte of one channel becomes a number: (byte - mean) / std.
struct ChannelScale {
  float mean = 0;
  float std = 1;
  // 1 / std where quotients by way of it, corrected once, come out right to the last bit for all 256 bytes; else 0.
  float reciprocal = 0;
  std::array<float, 256> values;
};
ChannelScale MakeChannelScale(float mean, float std);

// What one output position is made of: source positions from `first` on, and where their weights lie in Axis::weights.
struct Taps {
  int first = 0;
  int count = 0;
  std::size_t weights = 0;
};

// One direction of resampling: what each output position is made of.
template <typename Weight>
struct Axis {
  std::vector<Taps> taps;
  std::vector<Weight> weights;
};

// Weights are whole numbers of 2^-22: with 8 bits of pixel and a sum of weights below 2, an int32 holds a sum.
inline constexpr int kWeightBits = 32 - 8 - 2;
// Weights of an output position are padded with zeros to a multiple of so many.
inline constexpr std::size_t kTapGroup = 4;

// `split` has for each group of weights first their lower kLowBits bits, then the rest.
struct FixedAxis : Axis<int32_t> {
  static constexpr int kLowBits = 15;
  std::vector<int16_t> split;
};
// Fills axis.split; to be called when the weights are complete.
void SplitWeights(FixedAxis& axis);

// Rows are scaled across so many at a time.
inline constexpr std::size_t kRowsAcross = 4;

// An output position between two source positions: left + fraction * (right - left), as a sum of two products.
struct BlendTap {
  int left = 0;
  int right = 0;
  float fraction = 0;
};

// Two rows of RGB, and how far from the first to the second.
struct BlendRows {
  const uint8_t* top;
  const uint8_t* bottom;
  float fraction;
  std::size_t bytes;  // of each
};

struct ImageKernels {
  // `count` pixels into three planes, R, G and B, with a scale for each.
  void (*normalise)(const uint8_t* rgb, std::size_t count, const ChannelScale* scales, float* const* planes);
  // kRowsAcross rows of `bytes` bytes of RGB, scaled across.
  void (*scale_across)(const uint8_t* const* rows, std::size_t bytes, const FixedAxis& axis, uint8_t* const* scaled);
  // A weighted sum of `count` rows.
  void (*scale_down)(const uint8_t* const* rows, const int32_t* weights, std::size_t count, std::size_t bytes,
                     uint8_t* scaled);
  // The same averaged in float, tap by tap. Each row of `sums` has room for one number more.
  void (*average_across)(const uint8_t* const* rows, std::size_t bytes, const Axis<float>& axis, float* const* sums);
  // sums = weight * row, or that on top of them.
  void (*add_row)(const float* row, float weight, std::size_t count, bool first, float* sums);
  // To the nearest whole number, the even one of two, within 0 and 255.
  void (*round_row)(const float* sums, std::size_t count, uint8_t* bytes);
  // Bilinear, then scale * value + offset for each channel, into three planes, R, G and B.
  void (*blend)(const BlendRows& rows, std::span<const BlendTap> taps, const std::array<float, 3>& scale,
                const std::array<float, 3>& offset, float* const* planes);
};

// Every kernel of this build, the fastest first, the portable one ("scalar") last. All give the same numbers.
std::span<const NamedKernel<ImageKernels>> ImageKernelTable();

// The fastest, or the one that the environment variable CALOTYPE_ANALYSIS_KERNEL names. Thread-safe.
const ImageKernels& ImageKernelsInUse();

}  // namespace calotype
