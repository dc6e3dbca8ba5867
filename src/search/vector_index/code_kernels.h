// The inner loop of a vector search: adds up the query's table entries for the bits of codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/kernels.h"
#include "search/vector_index/code_groups.h"

namespace calotype {

// For each four bits of a code there is a table with the query's contribution for each value of these bits, in levels.
inline constexpr std::size_t kTableEntries = 16;
// The highest entry. The sum of eight entries fits into a byte, so only every eighth sum is widened.
inline constexpr uint8_t kMaxLevel = 31;

// Computes for each code the sum of the table entries that its bits select.
//   groups  `count` groups (code_groups.h) of codes of `bytes` bytes each, a multiple of 8
//   tables  for each byte of a code, one table for its lower and one for its upper four bits; the highest entries of
//   all
//           tables add up to at most 65,535
//   sums    kGroup numbers for each group
using CodeKernel = void (*)(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables,
                            uint16_t* sums);

// All kernels of this build, the fastest first, the portable one ("scalar") last. All give the same results.
std::span<const NamedKernel<CodeKernel>> CodeKernels();

// The first kernel that this CPU supports, or the one that the environment variable CALOTYPE_SEARCH_KERNEL names. An
// unknown or unsupported name is logged once and ignored. Thread-safe.
const NamedKernel<CodeKernel>& CodeKernelInUse();

}  // namespace calotype
