// What the kernels of this folder (image_kernels.h, pdq/pdq_kernels.h) have in common.
#pragma once

namespace calotype {

// Forces one of them: avx512, avx2, neon, scalar. All give the same numbers.
inline constexpr char kAnalysisKernelVariable[] = "CALOTYPE_ANALYSIS_KERNEL";

}  // namespace calotype
