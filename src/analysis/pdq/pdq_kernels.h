// The inner loops of PDQ. Each kernel adds in the order of the reference, in float and without fused multiply-add:
// another order rounds differently and flips bits of the hash.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/kernels.h"

namespace calotype {

// A box of `window` values that slides over `length` values. The output at i is the mean of the inputs first(i) to
// last(i) - 1; the box is cut off at both ends.
struct Slide {
  std::size_t length;
  std::size_t window;

  std::size_t ahead() const { return (window + 2) / 2; }  // number of inputs from i on, including i
  std::size_t last(std::size_t i) const { return std::min(length, i + ahead()); }
  std::size_t first(std::size_t i) const { return i + ahead() > window ? i + ahead() - window : 0; }
};

// The number of rows that are blurred together as a tile: tile[x * kTileRows + row].
inline constexpr std::size_t kTileRows = 16;
// The number of columns of a matrix is a multiple of this.
inline constexpr std::size_t kMatrixColumns = 16;

struct PdqKernels {
  // Computes 0.299 R + 0.587 G + 0.114 B of `count` RGB pixels, rounded to float once.
  void (*luma)(const uint8_t* rgb, std::size_t count, float* luma);
  // Copies kTileRows rows of `width` values into a tile, and back.
  void (*tile)(const float* const* rows, std::size_t width, float* tile);
  void (*untile)(const float* tile, std::size_t width, float* const* rows);
  // Slides over each row of a tile.
  void (*blur_tile)(const float* tile, const Slide& slide, float* blurred);
  // Slides one step down `width` columns at once: sums = sums + add - subtract, mean = sums / count.
  void (*slide_row)(float* sums, const float* add, const float* subtract, std::size_t width, std::size_t count,
                    float* mean);
  // product[rows][columns] = a[rows][inner] b[inner][columns]. `columns` is a multiple of kMatrixColumns.
  void (*multiply)(const float* a, std::size_t rows, std::size_t inner, const float* b, std::size_t columns,
                   float* product);
  // The sum of |a[i] - b[i]| in percent of 255, each difference truncated to an integer.
  int (*count_steps)(const float* a, const float* b, std::size_t count);
};

// All kernels of this build, fastest first; the portable one ("scalar") is last. All produce the same bits.
std::span<const NamedKernel<PdqKernels>> PdqKernelTable();

// The fastest kernel that this CPU supports, or the one named by CALOTYPE_ANALYSIS_KERNEL. Thread-safe.
const PdqKernels& PdqKernelsInUse();

}  // namespace calotype
