// Dot products, the inner loop of every search for similar vectors.
#pragma once

#include <cstdint>
#include <span>

#include "base/kernels.h"

namespace calotype {

// Rounding to f16 can raise the cosine of two unit vectors a little above 1. A larger value comes from a stored vector
// that is damaged.
inline constexpr float kMaxCosine = 1.01F;

// The dot product of two vectors, which is their cosine if both have unit length. 0 if their sizes differ.
float Dot(std::span<const float> a, std::span<const float> b);

// The same with one vector as f16. Its values must be finite.
float DotHalves(std::span<const float> a, std::span<const uint16_t> halves);

struct DotKernel {
  float (*dot)(std::span<const float> a, std::span<const float> b);
  float (*dot_halves)(std::span<const float> a, std::span<const uint16_t> halves);
};

// "avx2" and "scalar"; both give the same results. The environment variable CALOTYPE_DOT_KERNEL selects one.
std::span<const NamedKernel<DotKernel>> DotKernels();

}  // namespace calotype
