// Kernels of code_kernels.h whose files are compiled for CPUs that have more than the rest of the program needs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace calotype {

// Needs AVX2.
void Avx2CodeKernel(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                    uint32_t* sums);

// Needs AVX-512 F and VPOPCNTDQ.
void Avx512CodeKernel(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                      uint32_t* sums);

}  // namespace calotype
