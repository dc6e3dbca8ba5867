// The inner loop of a search by vectors: weighted counts of the bits that codes and a query have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/kernels.h"

namespace calotype {

// A query's coordinates are quantised to so many bits.
inline constexpr std::size_t kQueryBits = 4;

// For each of `count` codes of `words` 64-bit words, one after the other: the sum over the query's bit planes j of
// 2^j times the number of bits set in both the code and plane j. `planes` are kQueryBits times `words` words.
using CodeKernel = void (*)(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                            uint32_t* sums);

// Every kernel of this build, the fastest first, the portable one ("scalar") last. All give the same numbers.
std::span<const NamedKernel<CodeKernel>> CodeKernels();

// The first one that this CPU can run, or the one that the environment variable CALOTYPE_SEARCH_KERNEL names; an
// unknown or unsupported name is logged once, and the usual one taken. Thread-safe.
const NamedKernel<CodeKernel>& CodeKernelInUse();

}  // namespace calotype
