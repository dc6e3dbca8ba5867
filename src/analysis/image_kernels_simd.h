// The kernels of image_kernels_simd.cc, which are compiled for CPUs that have more than the rest of the program needs,
// and what they do with the last few pixels of a row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "analysis/image_kernels.h"

namespace calotype {

std::span<const NamedKernel<ImageKernels>> SimdImageKernels();

// Position `taps` of a row that is scaled across: three bytes.
void ScalePixel(const uint8_t* row, const Taps& taps, const int32_t* weights, uint8_t* scaled);
// The same averaged: three sums.
void AveragePixel(const uint8_t* row, const Taps& taps, const float* weights, float* sums);
// One pixel into planes[0][index] and so on.
void BlendPixel(const BlendRows& rows, const BlendTap& tap, const std::array<float, 3>& scale,
                const std::array<float, 3>& offset, float* const* planes, std::size_t index);

}  // namespace calotype
