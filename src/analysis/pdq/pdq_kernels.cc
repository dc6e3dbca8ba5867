#include "analysis/pdq/pdq_kernels.h"

#include <cstdlib>
#include <vector>

#include "analysis/kernels.h"
#include "analysis/pdq/pdq_kernels_simd.h"

namespace calotype {
namespace {

void Luma(const uint8_t* rgb, std::size_t count, float* luma) {
  for (std::size_t i = 0; i < count; ++i, rgb += 3) {
    // In double, like pdqhash.
    luma[i] = static_cast<float>(rgb[0] * 0.299 + rgb[1] * 0.587 + rgb[2] * 0.114);
  }
}

void Tile(const float* const* rows, std::size_t width, float* tile) {
  for (std::size_t x = 0; x < width; ++x) {
    for (std::size_t row = 0; row < kTileRows; ++row) {
      *tile++ = rows[row][x];
    }
  }
}

void Untile(const float* tile, std::size_t width, float* const* rows) {
  for (std::size_t x = 0; x < width; ++x) {
    for (std::size_t row = 0; row < kTileRows; ++row) {
      rows[row][x] = *tile++;
    }
  }
}

void BlurTile(const float* tile, const Slide& slide, float* blurred) {
  for (std::size_t row = 0; row < kTileRows; ++row) {
    float sum = 0;
    std::size_t first = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < slide.length; ++i) {
      for (; last < slide.last(i); ++last) {
        sum += tile[last * kTileRows + row];
      }
      for (; first < slide.first(i); ++first) {
        sum -= tile[first * kTileRows + row];
      }
      blurred[i * kTileRows + row] = sum / static_cast<float>(last - first);
    }
  }
}

void SlideRow(float* sums, const float* add, const float* subtract, std::size_t width, std::size_t count, float* mean) {
  for (std::size_t x = 0; x < width; ++x) {
    sums[x] = sums[x] + add[x] - subtract[x];
    mean[x] = sums[x] / static_cast<float>(count);
  }
}

void Multiply(const float* a, std::size_t rows, std::size_t inner, const float* b, std::size_t columns,
              float* product) {
  std::fill_n(product, rows * columns, 0.0F);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < inner; ++k) {
      for (std::size_t j = 0; j < columns; ++j) {
        product[i * columns + j] += a[i * inner + k] * b[k * columns + j];
      }
    }
  }
}

int CountSteps(const float* a, const float* b, std::size_t count) {
  int sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += std::abs(static_cast<int>((a[i] - b[i]) * 100 / 255));
  }
  return sum;
}

std::vector<NamedKernel<PdqKernels>> AllKernels() {
  const std::span<const NamedKernel<PdqKernels>> simd = SimdPdqKernels();
  std::vector<NamedKernel<PdqKernels>> all(simd.begin(), simd.end());
  all.push_back({"scalar",
                 [] { return true; },
                 {.luma = Luma,
                  .tile = Tile,
                  .untile = Untile,
                  .blur_tile = BlurTile,
                  .slide_row = SlideRow,
                  .multiply = Multiply,
                  .count_steps = CountSteps}});
  return all;
}

}  // namespace

std::span<const NamedKernel<PdqKernels>> PdqKernelTable() {
  static const std::vector<NamedKernel<PdqKernels>> kTable = AllKernels();
  return kTable;
}

const PdqKernels& PdqKernelsInUse() {
  static const PdqKernels& chosen = ChooseKernel(PdqKernelTable(), kAnalysisKernelVariable).run;
  return chosen;
}

}  // namespace calotype
