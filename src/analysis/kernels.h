// Common to all kernels of this folder (image_kernels.h, pdq/pdq_kernels.h).
#pragma once

namespace calotype {

// The environment variable that selects a kernel: avx512, avx2, neon or scalar. Unset: the fastest that this CPU
// supports. An unknown or unsupported name: the same, with a warning. All produce the same numbers.
inline constexpr char kAnalysisKernelVariable[] = "CALOTYPE_ANALYSIS_KERNEL";

}  // namespace calotype
