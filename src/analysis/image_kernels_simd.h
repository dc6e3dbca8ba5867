// The kernels of image_kernels_simd.cc, which is compiled for CPU features beyond those that the rest of the program
// needs, and the scalar functions that they use for the last pixels of a row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "analysis/image_kernels.h"

namespace calotype {

std::span<const NamedKernel<ImageKernels>> SimdImageKernels();

// Computes one output pixel of a row that is scaled horizontally: writes three bytes.
void ScalePixel(const uint8_t* row, const Taps& taps, const int32_t* weights, uint8_t* scaled);
// Computes one output pixel of a row that is averaged: writes three sums.
void AveragePixel(const uint8_t* row, const Taps& taps, const float* weights, float* sums);
// Interpolates one pixel into planes[0][index], planes[1][index] and planes[2][index].
void BlendPixel(const BlendRows& rows, const BlendTap& tap, const std::array<float, 3>& scale,
                const std::array<float, 3>& offset, float* const* planes, std::size_t index);

}  // namespace calotype
