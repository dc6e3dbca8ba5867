// The kernels of pdq_kernels_simd.cc, which is compiled for CPU features beyond those that the rest of the program
// needs.
#pragma once

#include <span>

#include "analysis/pdq/pdq_kernels.h"

namespace calotype {

std::span<const NamedKernel<PdqKernels>> SimdPdqKernels();

}  // namespace calotype
