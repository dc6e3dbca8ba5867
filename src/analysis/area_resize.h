// Shrinking by averaging, byte for byte as OpenCV's resize() with INTER_AREA does it, at a tenth of its cost.
#pragma once

#include <cstddef>
#include <cstdint>

#include "analysis/image_kernels.h"

namespace calotype {

// Rows of RGB in memory.
template <typename Byte>
struct RgbView {
  Byte* data = nullptr;
  std::size_t stride = 0;  // bytes from one row to the next
  int width = 0;
  int height = 0;

  Byte* row(int y) const { return data + static_cast<std::size_t>(y) * stride; }
  std::size_t row_bytes() const { return static_cast<std::size_t>(width) * 3; }
};

// True when AverageDown() may be asked: `from` is no smaller than `to` in either direction, and not a whole number of
// times as large in both, where OpenCV sums up in whole numbers instead.
bool AveragesDown(int from_width, int from_height, int to_width, int to_height);

// All of `from` into all of `to`.
void AverageDown(const RgbView<const uint8_t>& from, const RgbView<uint8_t>& to,
                 const ImageKernels& kernels = ImageKernelsInUse());

}  // namespace calotype
