#include "analysis/pdq/pdq_kernels_simd.h"

#include <array>
#include <bit>
#include <cstdlib>
#include <vector>

// Highway compiles this file once per target: AVX2, AVX-512 and NEON.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "analysis/pdq/pdq_kernels_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

// The portable kernel is in pdq_kernels.cc.
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace calotype {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kTileRows>;
using FourFloats = hn::FixedTag<float, 4>;
using Vector = hn::Vec<Floats>;

constexpr std::size_t kLanes = hn::MaxLanes(Floats());

// Divides sums by a count. A power of two has an exact reciprocal, so multiplying by it gives the same bits.
class Mean {
 public:
  explicit Mean(std::size_t count)
      : exact_(std::has_single_bit(count)),
        factor_(hn::Set(Floats(), exact_ ? 1.0F / static_cast<float>(count) : static_cast<float>(count))) {}

  Vector operator()(Vector sum) const { return exact_ ? hn::Mul(sum, factor_) : hn::Div(sum, factor_); }

 private:
  bool exact_;
  Vector factor_;
};

// (299 R + 587 G + 114 B) / 1000. The weighted sum is an integer that a float holds exactly, so there is only one
// rounding, to the float nearest to the true value. The reference's sum in double is off by less than 2^-43, and no
// such quotient is that close to the middle between two floats unless it is a float itself. So the results are the
// same.
void Luma(const uint8_t* rgb, std::size_t count, float* luma) {
  constexpr std::size_t kPixels = 16;
  const hn::FixedTag<uint8_t, kPixels> bytes;
  const Floats floats;
  const hn::Rebind<int32_t, Floats> ints;
  const hn::Rebind<uint8_t, Floats> some_bytes;
  HWY_ALIGN std::array<uint8_t, 3 * kPixels> planes;
  const auto channel = [&](std::size_t from) {
    return hn::ConvertTo(floats, hn::PromoteTo(ints, hn::LoadU(some_bytes, planes.data() + from)));
  };
  std::size_t i = 0;
  for (; i + kPixels <= count; i += kPixels) {
    hn::Vec<decltype(bytes)> red;
    hn::Vec<decltype(bytes)> green;
    hn::Vec<decltype(bytes)> blue;
    hn::LoadInterleaved3(bytes, rgb + 3 * i, red, green, blue);
    hn::Store(red, bytes, planes.data());
    hn::Store(green, bytes, planes.data() + kPixels);
    hn::Store(blue, bytes, planes.data() + 2 * kPixels);
    for (std::size_t part = 0; part < kPixels; part += kLanes) {
      const Vector sum = hn::MulAdd(channel(part), hn::Set(floats, 299),
                                    hn::MulAdd(channel(part + kPixels), hn::Set(floats, 587),
                                               hn::Mul(channel(part + 2 * kPixels), hn::Set(floats, 114))));
      hn::StoreU(hn::Div(sum, hn::Set(floats, 1000)), floats, luma + i + part);
    }
  }
  for (; i < count; ++i) {
    luma[i] = static_cast<float>(299 * rgb[3 * i] + 587 * rgb[3 * i + 1] + 114 * rgb[3 * i + 2]) / 1000.0F;
  }
}

struct Square {
  hn::Vec<FourFloats> rows[4];
};

Square Transpose(const Square& in) {
  const FourFloats four;
  const auto low01 = hn::InterleaveLower(four, in.rows[0], in.rows[1]);
  const auto low23 = hn::InterleaveLower(four, in.rows[2], in.rows[3]);
  const auto high01 = hn::InterleaveUpper(four, in.rows[0], in.rows[1]);
  const auto high23 = hn::InterleaveUpper(four, in.rows[2], in.rows[3]);
  return {hn::ConcatLowerLower(four, low23, low01), hn::ConcatUpperUpper(four, low23, low01),
          hn::ConcatLowerLower(four, high23, high01), hn::ConcatUpperUpper(four, high23, high01)};
}

void Tile(const float* const* rows, std::size_t width, float* tile) {
  const FourFloats four;
  std::size_t x = 0;
  for (; x + 4 <= width; x += 4) {
    for (std::size_t row = 0; row < kTileRows; row += 4) {
      const Square square = Transpose({hn::LoadU(four, rows[row] + x), hn::LoadU(four, rows[row + 1] + x),
                                       hn::LoadU(four, rows[row + 2] + x), hn::LoadU(four, rows[row + 3] + x)});
      for (std::size_t i = 0; i < 4; ++i) {
        hn::StoreU(square.rows[i], four, tile + (x + i) * kTileRows + row);
      }
    }
  }
  for (; x < width; ++x) {
    for (std::size_t row = 0; row < kTileRows; ++row) {
      tile[x * kTileRows + row] = rows[row][x];
    }
  }
}

void Untile(const float* tile, std::size_t width, float* const* rows) {
  const FourFloats four;
  std::size_t x = 0;
  for (; x + 4 <= width; x += 4) {
    const float* const part = tile + x * kTileRows;
    for (std::size_t row = 0; row < kTileRows; row += 4) {
      const Square square =
          Transpose({hn::LoadU(four, part + row), hn::LoadU(four, part + kTileRows + row),
                     hn::LoadU(four, part + 2 * kTileRows + row), hn::LoadU(four, part + 3 * kTileRows + row)});
      for (std::size_t i = 0; i < 4; ++i) {
        hn::StoreU(square.rows[i], four, rows[row + i] + x);
      }
    }
  }
  for (; x < width; ++x) {
    for (std::size_t row = 0; row < kTileRows; ++row) {
      rows[row][x] = tile[x * kTileRows + row];
    }
  }
}

// The sums of all rows of a tile stay in registers.
void BlurTile(const float* tile, const Slide& slide, float* blurred) {
  constexpr std::size_t kVectors = kTileRows / kLanes;
  const Floats floats;
  Vector sums[kVectors];
  for (Vector& sum : sums) {
    sum = hn::Zero(floats);
  }
  std::size_t first = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < slide.length; ++i) {
    for (; last < slide.last(i); ++last) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[v] = hn::Add(sums[v], hn::LoadU(floats, tile + last * kTileRows + v * kLanes));
      }
    }
    for (; first < slide.first(i); ++first) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[v] = hn::Sub(sums[v], hn::LoadU(floats, tile + first * kTileRows + v * kLanes));
      }
    }
    const Mean mean(last - first);
    for (std::size_t v = 0; v < kVectors; ++v) {
      hn::StoreU(mean(sums[v]), floats, blurred + i * kTileRows + v * kLanes);
    }
  }
}

void SlideRow(float* sums, const float* add, const float* subtract, std::size_t width, std::size_t count, float* mean) {
  const Floats floats;
  const Mean mean_of(count);
  std::size_t x = 0;
  for (; x + kLanes <= width; x += kLanes) {
    const Vector sum =
        hn::Sub(hn::Add(hn::LoadU(floats, sums + x), hn::LoadU(floats, add + x)), hn::LoadU(floats, subtract + x));
    hn::StoreU(sum, floats, sums + x);
    hn::StoreU(mean_of(sum), floats, mean + x);
  }
  for (; x < width; ++x) {
    sums[x] = sums[x] + add[x] - subtract[x];
    mean[x] = sums[x] / static_cast<float>(count);
  }
}

// Computes kColumns columns of one row of a product.
template <std::size_t kColumns>
void MultiplyRow(const float* a, std::size_t inner, const float* b, std::size_t columns, float* product) {
  constexpr std::size_t kVectors = kColumns / kLanes;
  const Floats floats;
  Vector sums[kVectors];
  for (Vector& sum : sums) {
    sum = hn::Zero(floats);
  }
  for (std::size_t k = 0; k < inner; ++k) {
    const Vector factor = hn::Set(floats, a[k]);
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[v] = hn::Add(sums[v], hn::Mul(factor, hn::LoadU(floats, b + k * columns + v * kLanes)));
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) {
    hn::StoreU(sums[v], floats, product + v * kLanes);
  }
}

void Multiply(const float* a, std::size_t rows, std::size_t inner, const float* b, std::size_t columns,
              float* product) {
  constexpr std::size_t kWide = 2 * kMatrixColumns;
  for (std::size_t i = 0; i < rows; ++i) {
    std::size_t j = 0;
    for (; j + kWide <= columns; j += kWide) {
      MultiplyRow<kWide>(a + i * inner, inner, b + j, columns, product + i * columns + j);
    }
    for (; j < columns; j += kMatrixColumns) {
      MultiplyRow<kMatrixColumns>(a + i * inner, inner, b + j, columns, product + i * columns + j);
    }
  }
}

int CountSteps(const float* a, const float* b, std::size_t count) {
  const Floats floats;
  const hn::Rebind<int32_t, Floats> ints;
  hn::Vec<decltype(ints)> sums = hn::Zero(ints);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vector difference = hn::Sub(hn::LoadU(floats, a + i), hn::LoadU(floats, b + i));
    const Vector percent = hn::Div(hn::Mul(difference, hn::Set(floats, 100)), hn::Set(floats, 255));
    sums = hn::Add(sums, hn::Abs(hn::ConvertTo(ints, percent)));
  }
  int sum = hn::GetLane(hn::SumOfLanes(ints, sums));
  for (; i < count; ++i) {
    sum += std::abs(static_cast<int>((a[i] - b[i]) * 100 / 255));
  }
  return sum;
}

constexpr PdqKernels kKernels{.luma = Luma,
                              .tile = Tile,
                              .untile = Untile,
                              .blur_tile = BlurTile,
                              .slide_row = SlideRow,
                              .multiply = Multiply,
                              .count_steps = CountSteps};

}  // namespace

const PdqKernels& GetPdqKernels() { return kKernels; }

}  // namespace HWY_NAMESPACE
}  // namespace calotype
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
#include "analysis/simd_kernel_table.h"

namespace calotype {

std::span<const NamedKernel<PdqKernels>> SimdPdqKernels() {
  static const std::vector<NamedKernel<PdqKernels>> kTable = CALOTYPE_SIMD_KERNELS(GetPdqKernels);
  return kTable;
}

}  // namespace calotype
#endif
