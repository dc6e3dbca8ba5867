#include "analysis/image_kernels.h"

#include <algorithm>
#include <cmath>

#include "analysis/image_kernels_simd.h"
#include "analysis/kernels.h"

namespace calotype {
namespace {

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

void Normalise(const uint8_t* rgb, std::size_t count, const ChannelScale* scales, float* const* planes) {
  for (std::size_t i = 0; i < count; ++i, rgb += 3) {
    planes[0][i] = scales[0].values[rgb[0]];
    planes[1][i] = scales[1].values[rgb[1]];
    planes[2][i] = scales[2].values[rgb[2]];
  }
}

void ScaleAcross(const uint8_t* const* rows, std::size_t /*bytes*/, const FixedAxis& axis, uint8_t* const* scaled) {
  for (std::size_t row = 0; row < kRowsAcross; ++row) {
    uint8_t* target = scaled[row];
    for (const Taps& taps : axis.taps) {
      ScalePixel(rows[row], taps, axis.weights.data() + taps.weights, target);
      target += 3;
    }
  }
}

void ScaleDown(const uint8_t* const* rows, const int32_t* weights, std::size_t count, std::size_t bytes,
               uint8_t* scaled) {
  for (std::size_t x = 0; x < bytes; ++x) {
    int32_t sum = kHalf;
    for (std::size_t i = 0; i < count; ++i) {
      sum += weights[i] * rows[i][x];
    }
    scaled[x] = ToByte(sum);
  }
}

void AverageAcross(const uint8_t* const* rows, std::size_t /*bytes*/, const Axis<float>& axis, float* const* sums) {
  for (std::size_t row = 0; row < kRowsAcross; ++row) {
    float* target = sums[row];
    for (const Taps& taps : axis.taps) {
      AveragePixel(rows[row], taps, axis.weights.data() + taps.weights, target);
      target += 3;
    }
  }
}

void AddRow(const float* row, float weight, std::size_t count, bool first, float* sums) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] = first ? row[i] * weight : sums[i] + row[i] * weight;
  }
}

void RoundRow(const float* sums, std::size_t count, uint8_t* bytes) {
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<uint8_t>(std::clamp(std::nearbyint(sums[i]), 0.0F, 255.0F));
  }
}

void Blend(const BlendRows& rows, std::span<const BlendTap> taps, const std::array<float, 3>& scale,
           const std::array<float, 3>& offset, float* const* planes) {
  for (std::size_t i = 0; i < taps.size(); ++i) {
    BlendPixel(rows, taps[i], scale, offset, planes, i);
  }
}

std::vector<NamedKernel<ImageKernels>> AllKernels() {
  const std::span<const NamedKernel<ImageKernels>> simd = SimdImageKernels();
  std::vector<NamedKernel<ImageKernels>> all(simd.begin(), simd.end());
  all.push_back({"scalar",
                 [] { return true; },
                 {.normalise = Normalise,
                  .scale_across = ScaleAcross,
                  .scale_down = ScaleDown,
                  .average_across = AverageAcross,
                  .add_row = AddRow,
                  .round_row = RoundRow,
                  .blend = Blend}});
  return all;
}

// Divides by multiplying with the reciprocal; that may be off in the last bits, so divides the remainder once more.
float CorrectedQuotient(float value, float divisor, float reciprocal) {
  const float quotient = value * reciprocal;
  return std::fma(std::fma(-quotient, divisor, value), reciprocal, quotient);
}

}  // namespace

ChannelScale MakeChannelScale(float mean, float std) {
  ChannelScale scale{.mean = mean, .std = std, .reciprocal = 1 / std, .values = {}};
  for (std::size_t byte = 0; byte < scale.values.size(); ++byte) {
    const float value = static_cast<float>(byte) - mean;
    scale.values[byte] = value / std;
    if (CorrectedQuotient(value, std, 1 / std) != scale.values[byte]) {
      scale.reciprocal = 0;
    }
  }
  return scale;
}

void SplitWeights(FixedAxis& axis) {
  constexpr int32_t kLowMask = (1 << FixedAxis::kLowBits) - 1;
  axis.split.resize(2 * axis.weights.size());
  for (std::size_t i = 0; i < axis.weights.size(); ++i) {
    int16_t* const group = &axis.split[i / kTapGroup * 2 * kTapGroup];
    group[i % kTapGroup] = static_cast<int16_t>(axis.weights[i] & kLowMask);
    group[kTapGroup + i % kTapGroup] = static_cast<int16_t>(axis.weights[i] >> FixedAxis::kLowBits);
  }
}

void ScalePixel(const uint8_t* row, const Taps& taps, const int32_t* weights, uint8_t* scaled) {
  const uint8_t* pixel = row + std::ptrdiff_t{3} * taps.first;
  int32_t red = kHalf;
  int32_t green = kHalf;
  int32_t blue = kHalf;
  for (int i = 0; i < taps.count; ++i, pixel += 3) {
    red += weights[i] * pixel[0];
    green += weights[i] * pixel[1];
    blue += weights[i] * pixel[2];
  }
  scaled[0] = ToByte(red);
  scaled[1] = ToByte(green);
  scaled[2] = ToByte(blue);
}

void AveragePixel(const uint8_t* row, const Taps& taps, const float* weights, float* sums) {
  const uint8_t* pixel = row + std::ptrdiff_t{3} * taps.first;
  float red = 0;
  float green = 0;
  float blue = 0;
  for (int i = 0; i < taps.count; ++i, pixel += 3) {
    red += static_cast<float>(pixel[0]) * weights[i];
    green += static_cast<float>(pixel[1]) * weights[i];
    blue += static_cast<float>(pixel[2]) * weights[i];
  }
  sums[0] = red;
  sums[1] = green;
  sums[2] = blue;
}

void BlendPixel(const BlendRows& rows, const BlendTap& tap, const std::array<float, 3>& scale,
                const std::array<float, 3>& offset, float* const* planes, std::size_t index) {
  const auto left = static_cast<std::size_t>(tap.left) * 3;
  const auto right = static_cast<std::size_t>(tap.right) * 3;
  const float x1 = tap.fraction;
  const float x0 = 1 - x1;
  for (std::size_t c = 0; c < 3; ++c) {
    const float top = static_cast<float>(rows.top[left + c]) * x0 + static_cast<float>(rows.top[right + c]) * x1;
    const float bottom =
        static_cast<float>(rows.bottom[left + c]) * x0 + static_cast<float>(rows.bottom[right + c]) * x1;
    planes[c][index] = (top * (1 - rows.fraction) + bottom * rows.fraction) * scale[c] + offset[c];
  }
}

std::span<const NamedKernel<ImageKernels>> ImageKernelTable() {
  static const std::vector<NamedKernel<ImageKernels>> kTable = AllKernels();
  return kTable;
}

const ImageKernels& ImageKernelsInUse() {
  static const ImageKernels& chosen = ChooseKernel(ImageKernelTable(), kAnalysisKernelVariable).run;
  return chosen;
}

}  // namespace calotype
