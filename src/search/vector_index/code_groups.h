// How codes lie for the search: kGroup of them together, the same byte of each side by side, so that one instruction
// looks at the same coordinates of many codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace calotype {

// Codes in a group. A filter that lets one of them through has all of them looked at.
inline constexpr std::size_t kGroup = 32;

// Groups in which `count` codes lie, the last one partly filled.
constexpr std::size_t GroupsOf(std::size_t count) { return (count + kGroup - 1) / kGroup; }

// Bytes of a group of codes of `words` 64-bit words: first the lowest byte of the first word of each code, in order,
// then the next byte of each, and so on.
constexpr std::size_t GroupBytes(std::size_t words) { return words * sizeof(uint64_t) * kGroup; }

// `place`: below kGroup. The other places keep what they hold.
void PutCode(std::span<const uint64_t> code, std::size_t place, std::span<uint8_t> group);

// The kGroup codes of a group, one after the other.
void TakeCodes(std::span<const uint8_t> group, std::span<uint64_t> codes);

}  // namespace calotype
