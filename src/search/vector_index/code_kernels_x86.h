// Kernels of code_kernels.h, compiled for CPU features beyond those that the rest of the program needs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace calotype {

// Needs SSSE3.
void Ssse3CodeKernel(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables,
                     uint16_t* sums);

// Needs AVX2.
void Avx2CodeKernel(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables, uint16_t* sums);

// Needs AVX-512 F and BW.
void Avx512CodeKernel(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables,
                      uint16_t* sums);

}  // namespace calotype
