// Shrinks images by averaging. Gives the same bytes as OpenCV's resize() with INTER_AREA at a tenth of the cost.
#pragma once

#include <cstddef>
#include <cstdint>

#include "analysis/image_kernels.h"

namespace calotype {

// RGB pixels in memory, row by row.
template <typename Byte>
struct RgbView {
  Byte* data = nullptr;
  std::size_t stride = 0;  // bytes from the start of one row to the next
  int width = 0;
  int height = 0;

  Byte* row(int y) const { return data + static_cast<std::size_t>(y) * stride; }
  std::size_t row_bytes() const { return static_cast<std::size_t>(width) * 3; }
};

// True when AverageDown() supports these sizes: `from` is at least as large as `to` in both directions, and not an
// integer multiple of it in both. (For integer multiples OpenCV sums integers, which rounds differently.)
bool AveragesDown(int from_width, int from_height, int to_width, int to_height);

// Scales all of `from` into all of `to`.
void AverageDown(const RgbView<const uint8_t>& from, const RgbView<uint8_t>& to,
                 const ImageKernels& kernels = ImageKernelsInUse());

}  // namespace calotype
