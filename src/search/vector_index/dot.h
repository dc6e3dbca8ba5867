// Products of vectors, the inner loop of every search by likeness.
#pragma once

#include <cstdint>
#include <span>

#include "base/kernels.h"

namespace calotype {

// The sum of products of two vectors, which is their cosine when both have unit length; 0 when their sizes differ.
float Dot(std::span<const float> a, std::span<const float> b);

// The same with one of the vectors as stored. Halves must be finite.
float DotHalves(std::span<const float> a, std::span<const uint16_t> halves);

struct DotKernel {
  float (*dot)(std::span<const float> a, std::span<const float> b);
  float (*dot_halves)(std::span<const float> a, std::span<const uint16_t> halves);
};

// "avx2" and "scalar"; both give the same numbers. The environment variable CALOTYPE_DOT_KERNEL names the one to use.
std::span<const NamedKernel<DotKernel>> DotKernels();

}  // namespace calotype
