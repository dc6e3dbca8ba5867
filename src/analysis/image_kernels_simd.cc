#include "analysis/image_kernels_simd.h"

#include <array>
#include <cstring>
#include <vector>

// Highway compiles this file once per target: AVX2, AVX-512 and NEON.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "analysis/image_kernels_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

// The portable kernel is in image_kernels.cc.
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace calotype {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using FourFloats = hn::FixedTag<float, 4>;
using FourInts = hn::FixedTag<int32_t, 4>;
using FourBytes = hn::FixedTag<uint8_t, 4>;

// Loads a pixel and the byte after it.
hn::Vec<FourFloats> LoadPixel(const uint8_t* rgb) {
  return hn::ConvertTo(FourFloats(), hn::PromoteTo(FourInts(), hn::LoadU(FourBytes(), rgb)));
}

void Normalise(const uint8_t* rgb, std::size_t count, const ChannelScale* scales, float* const* planes) {
  constexpr std::size_t kPixels = 16;
  const hn::FixedTag<uint8_t, kPixels> bytes;
  const hn::CappedTag<float, kPixels> floats;
  const hn::Rebind<int32_t, decltype(floats)> ints;
  const hn::Rebind<uint8_t, decltype(floats)> some_bytes;
  HWY_ALIGN std::array<uint8_t, 3 * kPixels> apart;
  std::size_t i = 0;
  for (; i + kPixels <= count; i += kPixels) {
    hn::Vec<decltype(bytes)> red;
    hn::Vec<decltype(bytes)> green;
    hn::Vec<decltype(bytes)> blue;
    hn::LoadInterleaved3(bytes, rgb + 3 * i, red, green, blue);
    hn::Store(red, bytes, apart.data());
    hn::Store(green, bytes, apart.data() + kPixels);
    hn::Store(blue, bytes, apart.data() + 2 * kPixels);
    for (std::size_t c = 0; c < 3; ++c) {
      const ChannelScale& scale = scales[c];
      for (std::size_t part = 0; part < kPixels; part += hn::Lanes(floats)) {
        const auto byte = hn::PromoteTo(ints, hn::LoadU(some_bytes, apart.data() + c * kPixels + part));
        const auto value = hn::Sub(hn::ConvertTo(floats, byte), hn::Set(floats, scale.mean));
        const auto std = hn::Set(floats, scale.std);
        auto result = value;
        if (scale.reciprocal == 0) {
          result = hn::Div(value, std);
        } else {
          const auto reciprocal = hn::Set(floats, scale.reciprocal);
          const auto quotient = hn::Mul(value, reciprocal);
          result = hn::MulAdd(hn::NegMulAdd(quotient, std, value), reciprocal, quotient);
        }
        hn::StoreU(result, floats, planes[c] + i + part);
      }
    }
  }
  for (; i < count; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      planes[c][i] = scales[c].values[rgb[3 * i + c]];
    }
  }
}

// Multiplies bytes by 16-bit halves of the weights, two taps per instruction, because a 32-bit product costs more. The
// sums of the lower halves may overflow; the wrapped result is still correct, because the complete sum fits an int32.
class Across {
 public:
  // Shuffle tables for each block of 16 bytes: they pick pairs of 16-bit numbers RR GG BB 00 from the pixels "RGBRGB"
  // at 6 * block, and the weights for those pairs.
  static constexpr std::size_t kBytes = hn::MaxLanes(hn::CappedTag<uint8_t, 32>());
  using Bytes = hn::FixedTag<uint8_t, kBytes>;
  using Shorts = hn::Repartition<int16_t, Bytes>;
  using Ints = hn::Repartition<int32_t, Bytes>;
  using Sums = hn::Vec<Ints>;
  static constexpr std::size_t kSteps = 32 / kBytes;  // per group of taps

  Across() {
    for (std::size_t step = 0; step < kSteps; ++step) {
      pixels_[step] = hn::Load(Bytes(), kPixels.data() + step * kBytes);
      low_[step] = hn::Load(Bytes(), kLow.data() + step * kBytes);
      high_[step] = hn::Load(Bytes(), kHigh.data() + step * kBytes);
    }
  }

  // Scales one output position of kRowsAcross rows.
  void Scale(const uint8_t* const* rows, const Taps& taps, const int16_t* split, uint8_t* const* scaled,
             std::size_t to) const {
    Sums low[kRowsAcross][2];
    Sums high[kRowsAcross][2];
    for (std::size_t row = 0; row < kRowsAcross; ++row) {
      low[row][0] = low[row][1] = high[row][0] = high[row][1] = hn::Zero(Ints());
    }
    std::size_t from = 3 * static_cast<std::size_t>(taps.first);
    const std::size_t groups = (static_cast<std::size_t>(taps.count) + kTapGroup - 1) / kTapGroup;
    for (std::size_t group = 0; group < groups; ++group, from += 3 * kTapGroup, split += 2 * kTapGroup) {
      const auto weights = hn::BitCast(Bytes(), hn::LoadDup128(Shorts(), split));
      for (std::size_t step = 0; step < kSteps; ++step) {
        const auto low_weights = hn::BitCast(Shorts(), hn::TableLookupBytes(weights, low_[step]));
        const auto high_weights = hn::BitCast(Shorts(), hn::TableLookupBytes(weights, high_[step]));
        for (std::size_t row = 0; row < kRowsAcross; ++row) {
          const auto bytes = hn::LoadDup128(Bytes(), rows[row] + from);
          const auto pairs = hn::BitCast(Shorts(), hn::TableLookupBytesOr0(bytes, pixels_[step]));
          low[row][0] = hn::ReorderWidenMulAccumulate(Ints(), pairs, low_weights, low[row][0], low[row][1]);
          high[row][0] = hn::ReorderWidenMulAccumulate(Ints(), pairs, high_weights, high[row][0], high[row][1]);
        }
      }
    }
    for (std::size_t row = 0; row < kRowsAcross; ++row) {
      const Sums sum =
          hn::Add(hn::RearrangeToOddPlusEven(low[row][0], low[row][1]),
                  hn::ShiftLeft<FixedAxis::kLowBits>(hn::RearrangeToOddPlusEven(high[row][0], high[row][1])));
      StorePixel(sum, scaled[row] + to);
    }
  }

 private:
  static constexpr uint8_t kNone = 0x80;
  HWY_ALIGN static constexpr std::array<uint8_t, 32> kPixels = {
      0, kNone, 3, kNone, 1, kNone, 4,  kNone, 2, kNone, 5,  kNone, kNone, kNone, kNone, kNone,
      6, kNone, 9, kNone, 7, kNone, 10, kNone, 8, kNone, 11, kNone, kNone, kNone, kNone, kNone};
  HWY_ALIGN static constexpr std::array<uint8_t, 32> kLow = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
                                                             4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7};
  HWY_ALIGN static constexpr std::array<uint8_t, 32> kHigh = {8,  9,  10, 11, 8,  9,  10, 11, 8,  9,  10,
                                                              11, 8,  9,  10, 11, 12, 13, 14, 15, 12, 13,
                                                              14, 15, 12, 13, 14, 15, 12, 13, 14, 15};

  template <typename V>
  static hn::Vec<FourInts> SumOfBlocks(V sum) {
    if constexpr (sizeof(V) == 2 * sizeof(hn::Vec<FourInts>)) {
      return hn::Add(hn::LowerHalf(FourInts(), sum), hn::UpperHalf(FourInts(), sum));
    } else {
      return sum;
    }
  }

  static void StorePixel(Sums sum, uint8_t* pixel) {
    constexpr int32_t kHalf = 1 << (kWeightBits - 1);
    const auto whole = hn::ShiftRight<kWeightBits>(hn::Add(SumOfBlocks(sum), hn::Set(FourInts(), kHalf)));
    const auto bytes = hn::BitCast(hn::FixedTag<uint32_t, 1>(), hn::DemoteTo(FourBytes(), whole));
    const uint32_t rgb = hn::GetLane(bytes);
    std::memcpy(pixel, &rgb, 3);
  }

  hn::Vec<Bytes> pixels_[kSteps];
  hn::Vec<Bytes> low_[kSteps];
  hn::Vec<Bytes> high_[kSteps];
};

void ScaleAcross(const uint8_t* const* rows, std::size_t bytes, const FixedAxis& axis, uint8_t* const* scaled) {
  const Across across;
  for (std::size_t i = 0; i < axis.taps.size(); ++i) {
    const Taps& taps = axis.taps[i];
    // Whole groups of taps are read, and 16 bytes for the last group.
    const std::size_t groups = (static_cast<std::size_t>(taps.count) + kTapGroup - 1) / kTapGroup;
    const std::size_t end = 3 * static_cast<std::size_t>(taps.first) + 3 * kTapGroup * groups + 4;
    if (end <= bytes) {
      across.Scale(rows, taps, axis.split.data() + 2 * taps.weights, scaled, 3 * i);
      continue;
    }
    for (std::size_t row = 0; row < kRowsAcross; ++row) {
      ScalePixel(rows[row], taps, axis.weights.data() + taps.weights, scaled[row] + 3 * i);
    }
  }
}

// Scales kVectors vectors of columns; their sums stay in registers.
template <std::size_t kVectors>
void ScaleColumns(const uint8_t* const* rows, const int32_t* weights, std::size_t count, std::size_t x,
                  uint8_t* scaled) {
  const hn::ScalableTag<int32_t> ints;
  const hn::Rebind<uint8_t, decltype(ints)> bytes;
  constexpr std::size_t kLanes = hn::MaxLanes(ints);
  hn::Vec<decltype(ints)> sums[kVectors];
  for (auto& sum : sums) {
    sum = hn::Set(ints, 1 << (kWeightBits - 1));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto weight = hn::Set(ints, weights[i]);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto pixels = hn::PromoteTo(ints, hn::LoadU(bytes, rows[i] + x + v * kLanes));
      sums[v] = hn::Add(sums[v], hn::Mul(pixels, weight));
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) {
    hn::StoreU(hn::DemoteTo(bytes, hn::ShiftRight<kWeightBits>(sums[v])), bytes, scaled + x + v * kLanes);
  }
}

void ScaleDown(const uint8_t* const* rows, const int32_t* weights, std::size_t count, std::size_t bytes,
               uint8_t* scaled) {
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<int32_t>());
  constexpr std::size_t kVectors = 4;
  std::size_t x = 0;
  for (; x + kVectors * kLanes <= bytes; x += kVectors * kLanes) {
    ScaleColumns<kVectors>(rows, weights, count, x, scaled);
  }
  for (; x + kLanes <= bytes; x += kLanes) {
    ScaleColumns<1>(rows, weights, count, x, scaled);
  }
  for (; x < bytes; ++x) {
    int32_t sum = 1 << (kWeightBits - 1);
    for (std::size_t i = 0; i < count; ++i) {
      sum += weights[i] * rows[i][x];
    }
    scaled[x] = static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
  }
}

void AverageAcross(const uint8_t* const* rows, std::size_t bytes, const Axis<float>& axis, float* const* sums) {
  const FourFloats four;
  for (std::size_t i = 0; i < axis.taps.size(); ++i) {
    const Taps& taps = axis.taps[i];
    const float* const weights = axis.weights.data() + taps.weights;
    const std::size_t from = 3 * static_cast<std::size_t>(taps.first);
    const auto count = static_cast<std::size_t>(taps.count);
    if (from + 3 * count >= bytes) {  // would read one byte past the row
      for (std::size_t row = 0; row < kRowsAcross; ++row) {
        AveragePixel(rows[row], taps, weights, sums[row] + 3 * i);
      }
      continue;
    }
    hn::Vec<FourFloats> sum[kRowsAcross];
    for (auto& row_sum : sum) {
      row_sum = hn::Zero(four);
    }
    for (std::size_t tap = 0; tap < count; ++tap) {
      const auto weight = hn::Set(four, weights[tap]);
      for (std::size_t row = 0; row < kRowsAcross; ++row) {
        sum[row] = hn::Add(sum[row], hn::Mul(LoadPixel(rows[row] + from + 3 * tap), weight));
      }
    }
    for (std::size_t row = 0; row < kRowsAcross; ++row) {
      hn::StoreU(sum[row], four, sums[row] + 3 * i);
    }
  }
}

void AddRow(const float* row, float weight, std::size_t count, bool first, float* sums) {
  const hn::ScalableTag<float> floats;
  const std::size_t lanes = hn::Lanes(floats);
  const auto factor = hn::Set(floats, weight);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto product = hn::Mul(hn::LoadU(floats, row + i), factor);
    hn::StoreU(first ? product : hn::Add(hn::LoadU(floats, sums + i), product), floats, sums + i);
  }
  for (; i < count; ++i) {
    sums[i] = first ? row[i] * weight : sums[i] + row[i] * weight;
  }
}

void RoundRow(const float* sums, std::size_t count, uint8_t* bytes) {
  const hn::ScalableTag<float> floats;
  const hn::Rebind<uint8_t, decltype(floats)> some_bytes;
  const std::size_t lanes = hn::Lanes(floats);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::DemoteTo(some_bytes, hn::NearestInt(hn::LoadU(floats, sums + i))), some_bytes, bytes + i);
  }
  const hn::FixedTag<float, 1> one;
  for (; i < count; ++i) {
    bytes[i] = static_cast<uint8_t>(std::clamp(hn::GetLane(hn::NearestInt(hn::Set(one, sums[i]))), 0, 255));
  }
}

// The interpolated pixel at `tap`: R, G, B and an undefined fourth number.
hn::Vec<FourFloats> BlendOne(const BlendRows& rows, const BlendTap& tap) {
  const FourFloats four;
  const auto left = static_cast<std::size_t>(tap.left) * 3;
  const auto right = static_cast<std::size_t>(tap.right) * 3;
  const auto x1 = hn::Set(four, tap.fraction);
  const auto x0 = hn::Set(four, 1 - tap.fraction);
  const auto top = hn::Add(hn::Mul(LoadPixel(rows.top + left), x0), hn::Mul(LoadPixel(rows.top + right), x1));
  const auto bottom = hn::Add(hn::Mul(LoadPixel(rows.bottom + left), x0), hn::Mul(LoadPixel(rows.bottom + right), x1));
  return hn::Add(hn::Mul(top, hn::Set(four, 1 - rows.fraction)), hn::Mul(bottom, hn::Set(four, rows.fraction)));
}

void Blend(const BlendRows& rows, std::span<const BlendTap> taps, const std::array<float, 3>& scale,
           const std::array<float, 3>& offset, float* const* planes) {
  const FourFloats four;
  const auto store = [&](std::size_t c, std::size_t at, hn::Vec<FourFloats> values) {
    hn::StoreU(hn::Add(hn::Mul(values, hn::Set(four, scale[c])), hn::Set(four, offset[c])), four, planes[c] + at);
  };
  std::size_t i = 0;
  // Each load reads one byte past the pixel. Taps are ordered from left to right, so checking the last one is enough.
  for (; i + 4 <= taps.size() && 3 * (static_cast<std::size_t>(taps[i + 3].right) + 1) < rows.bytes; i += 4) {
    const auto a = BlendOne(rows, taps[i]);
    const auto b = BlendOne(rows, taps[i + 1]);
    const auto c = BlendOne(rows, taps[i + 2]);
    const auto d = BlendOne(rows, taps[i + 3]);
    const auto red_green_ab = hn::InterleaveLower(four, a, b);
    const auto red_green_cd = hn::InterleaveLower(four, c, d);
    store(0, i, hn::ConcatLowerLower(four, red_green_cd, red_green_ab));
    store(1, i, hn::ConcatUpperUpper(four, red_green_cd, red_green_ab));
    store(2, i, hn::ConcatLowerLower(four, hn::InterleaveUpper(four, c, d), hn::InterleaveUpper(four, a, b)));
  }
  for (; i < taps.size(); ++i) {
    BlendPixel(rows, taps[i], scale, offset, planes, i);
  }
}

constexpr ImageKernels kKernels{.normalise = Normalise,
                                .scale_across = ScaleAcross,
                                .scale_down = ScaleDown,
                                .average_across = AverageAcross,
                                .add_row = AddRow,
                                .round_row = RoundRow,
                                .blend = Blend};

}  // namespace

const ImageKernels& GetImageKernels() { return kKernels; }

}  // namespace HWY_NAMESPACE
}  // namespace calotype
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
#include "analysis/simd_kernel_table.h"

namespace calotype {

std::span<const NamedKernel<ImageKernels>> SimdImageKernels() {
  static const std::vector<NamedKernel<ImageKernels>> kTable = CALOTYPE_SIMD_KERNELS(GetImageKernels);
  return kTable;
}

}  // namespace calotype
#endif
