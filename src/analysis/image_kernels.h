// The inner loops of resampling and of converting images to tensors. An RGB pixel is three consecutive bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/kernels.h"

namespace calotype {

// Maps a byte of one channel to a number: (byte - mean) / std.
struct ChannelScale {
  float mean = 0;
  float std = 1;
  // 1 / std if multiplying by it, with one correction step, gives the exact quotient for all 256 bytes; else 0.
  float reciprocal = 0;
  std::array<float, 256> values;
};
ChannelScale MakeChannelScale(float mean, float std);

// The source positions of one output position: `count` positions from `first`, whose weights start at index `weights`
// in Axis::weights.
struct Taps {
  int first = 0;
  int count = 0;
  std::size_t weights = 0;
};

// A plan for resampling in one direction: the taps of each output position.
template <typename Weight>
struct Axis {
  std::vector<Taps> taps;
  std::vector<Weight> weights;
};

// Weights are integers in units of 2^-22. A pixel has 8 bits and the weights of a position sum to less than 2, so a
// weighted sum fits an int32.
inline constexpr int kWeightBits = 32 - 8 - 2;
// The weights of each output position are padded with zeros to a multiple of this.
inline constexpr std::size_t kTapGroup = 4;

// `split` holds, for each group of weights, first their lower kLowBits bits and then the remaining bits.
struct FixedAxis : Axis<int32_t> {
  static constexpr int kLowBits = 15;
  std::vector<int16_t> split;
};
// Fills axis.split. Call it when the weights are complete.
void SplitWeights(FixedAxis& axis);

// The number of rows that are scaled across at a time.
inline constexpr std::size_t kRowsAcross = 4;

// An output position between two source positions: left * (1 - fraction) + right * fraction.
struct BlendTap {
  int left = 0;
  int right = 0;
  float fraction = 0;
};

// Two rows of RGB and the position between them: 0 is the top row, 1 the bottom row.
struct BlendRows {
  const uint8_t* top;
  const uint8_t* bottom;
  float fraction;
  std::size_t bytes;  // in each row
};

struct ImageKernels {
  // Normalises `count` pixels into three planes, R, G and B, each with its own scale.
  void (*normalise)(const uint8_t* rgb, std::size_t count, const ChannelScale* scales, float* const* planes);
  // Scales kRowsAcross rows of `bytes` bytes of RGB across.
  void (*scale_across)(const uint8_t* const* rows, std::size_t bytes, const FixedAxis& axis, uint8_t* const* scaled);
  // Computes a weighted sum of `count` rows.
  void (*scale_down)(const uint8_t* const* rows, const int32_t* weights, std::size_t count, std::size_t bytes,
                     uint8_t* scaled);
  // Like scale_across, but averages in float, one tap after another. Each row of `sums` needs room for one extra float.
  void (*average_across)(const uint8_t* const* rows, std::size_t bytes, const Axis<float>& axis, float* const* sums);
  // sums = weight * row when `first`, else sums += weight * row.
  void (*add_row)(const float* row, float weight, std::size_t count, bool first, float* sums);
  // Rounds to the nearest integer, ties to even, clamped to 0..255.
  void (*round_row)(const float* sums, std::size_t count, uint8_t* bytes);
  // Interpolates bilinearly, then computes scale * value + offset per channel, into three planes, R, G and B.
  void (*blend)(const BlendRows& rows, std::span<const BlendTap> taps, const std::array<float, 3>& scale,
                const std::array<float, 3>& offset, float* const* planes);
};

// All kernels of this build, fastest first; the portable one ("scalar") is last. All produce the same numbers.
std::span<const NamedKernel<ImageKernels>> ImageKernelTable();

// The fastest kernel that this CPU supports, or the one named by CALOTYPE_ANALYSIS_KERNEL. Thread-safe.
const ImageKernels& ImageKernelsInUse();

}  // namespace calotype
