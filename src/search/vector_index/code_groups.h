// The memory layout of codes: kGroup codes form a group in which the same byte of each code is adjacent, so that one
// instruction processes the same coordinates of many codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace calotype {

// The number of codes in a group. If a filter lets one of them pass, all are processed.
inline constexpr std::size_t kGroup = 32;

// The number of groups for `count` codes; the last group may be partly filled.
constexpr std::size_t GroupsOf(std::size_t count) { return (count + kGroup - 1) / kGroup; }

// The size in bytes of a group of codes of `words` 64-bit words each. A group has the lowest byte of the first word of
// each code, in order, then the next byte of each, and so on.
constexpr std::size_t GroupBytes(std::size_t words) { return words * sizeof(uint64_t) * kGroup; }

// Writes a code into a group at position `place` (below kGroup). The other codes do not change.
void PutCode(std::span<const uint64_t> code, std::size_t place, std::span<uint8_t> group);

// Extracts the kGroup codes of a group, one after the other.
void TakeCodes(std::span<const uint8_t> group, std::span<uint64_t> codes);

}  // namespace calotype
