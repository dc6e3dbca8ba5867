// Builds the table of the kernels in a file that highway compiles once per target (HWY_TARGET_INCLUDE). Include it
// after <hwy/highway.h>, in the part of the file that is compiled once (HWY_ONCE).
#pragma once

#include <cstdint>

namespace calotype {

// True when the CPU supports the highway target `kTarget`.
template <int64_t kTarget>
bool CpuHas() {
  return (hwy::SupportedTargets() & kTarget) != 0;
}

}  // namespace calotype

// clang-format off
#if HWY_TARGETS & HWY_AVX3
#define CALOTYPE_AVX512_KERNEL(get) {"avx512", CpuHas<HWY_AVX3>, N_AVX3::get()},
#else
#define CALOTYPE_AVX512_KERNEL(get)
#endif
#if HWY_TARGETS & HWY_AVX2
#define CALOTYPE_AVX2_KERNEL(get) {"avx2", CpuHas<HWY_AVX2>, N_AVX2::get()},
#else
#define CALOTYPE_AVX2_KERNEL(get)
#endif
#if HWY_TARGETS & HWY_NEON
#define CALOTYPE_NEON_KERNEL(get) {"neon", CpuHas<HWY_NEON>, N_NEON::get()},
#else
#define CALOTYPE_NEON_KERNEL(get)
#endif
// clang-format on

// Initialises a vector of NamedKernel, fastest first. `get` is the name of a function without parameters that the
// namespace of each target defines and that returns the target's kernels.
#define CALOTYPE_SIMD_KERNELS(get) {CALOTYPE_AVX512_KERNEL(get) CALOTYPE_AVX2_KERNEL(get) CALOTYPE_NEON_KERNEL(get)}
