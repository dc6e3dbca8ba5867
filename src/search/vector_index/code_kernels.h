// The inner loop of a search by vectors: what the query's tables hold for the bits of codes, added up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/kernels.h"
#include "search/vector_index/code_groups.h"

namespace calotype {

// A table for each four bits of a code: what the query is worth where these bits are set, in levels.
inline constexpr std::size_t kTableEntries = 16;
// The highest entry: eight of them still fit into a byte, so that only every eighth sum is widened.
inline constexpr uint8_t kMaxLevel = 31;

// For each code of `count` groups (code_groups.h) of codes of `bytes` bytes, a multiple of 8: the sum of what its bits
// choose from the tables. `tables`: for each byte of a code a table for its lower and one for its upper four bits.
// The highest entries of all tables add up to no more than 65,535. `sums`: kGroup for each group.
using CodeKernel = void (*)(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables,
                            uint16_t* sums);

// Every kernel of this build, the fastest first, the portable one ("scalar") last. All give the same numbers.
std::span<const NamedKernel<CodeKernel>> CodeKernels();

// The first one that this CPU can run, or the one that the environment variable CALOTYPE_SEARCH_KERNEL names; an
// unknown or unsupported name is logged once, and the usual one taken. Thread-safe.
const NamedKernel<CodeKernel>& CodeKernelInUse();

}  // namespace calotype
