// The kernels of pdq_kernels_simd.cc, which are compiled for CPUs that have more than the rest of the program needs.
#pragma once

#include <span>

#include "analysis/pdq/pdq_kernels.h"

namespace calotype {

std::span<const NamedKernel<PdqKernels>> SimdPdqKernels();

}  // namespace calotype
