// Common to all kernels of this folder (image_kernels.h, pdq/pdq_kernels.h).
#pragma once

namespace calotype {

// The environment variable that selects a kernel: avx512, avx2, neon or scalar. All produce the same numbers.
inline constexpr char kAnalysisKernelVariable[] = "CALOTYPE_ANALYSIS_KERNEL";

}  // namespace calotype
