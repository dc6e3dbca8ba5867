#include "search/vector_index/code_groups.h"

#include <array>
#include <bit>
#include <cstring>

namespace calotype {
namespace {

static_assert(std::endian::native == std::endian::little, "the first byte of a word must be its lowest");

constexpr std::size_t kWordBytes = sizeof(uint64_t);
using Tile = std::array<uint64_t, kWordBytes>;

// Byte j of word i becomes byte i of word j: swaps single bytes, then pairs, then groups of four.
void Transpose(Tile& tile) {
  constexpr std::array<uint64_t, 3> kStaying = {0x00ff'00ff'00ff'00ff, 0x0000'ffff'0000'ffff, 0x0000'0000'ffff'ffff};
  for (std::size_t round = 0; round < kStaying.size(); ++round) {
    const std::size_t apart = std::size_t{1} << round;
    const std::size_t bits = 8 * apart;
    for (std::size_t i = 0; i < tile.size(); ++i) {
      if ((i & apart) == 0) {
        const uint64_t changing = (tile[i] >> bits ^ tile[i + apart]) & kStaying[round];
        tile[i] ^= changing << bits;
        tile[i + apart] ^= changing;
      }
    }
  }
}

}  // namespace

void PutCode(std::span<const uint64_t> code, std::size_t place, std::span<uint8_t> group) {
  for (std::size_t byte = 0; byte < code.size_bytes(); ++byte) {
    group[byte * kGroup + place] = static_cast<uint8_t>(code[byte / kWordBytes] >> (8 * (byte % kWordBytes)));
  }
}

void TakeCodes(std::span<const uint8_t> group, std::span<uint64_t> codes) {
  const std::size_t words = codes.size() / kGroup;
  for (std::size_t word = 0; word < words; ++word) {
    for (std::size_t place = 0; place < kGroup; place += kWordBytes) {
      Tile tile;
      for (std::size_t i = 0; i < tile.size(); ++i) {
        std::memcpy(&tile[i], &group[(word * kWordBytes + i) * kGroup + place], kWordBytes);
      }
      Transpose(tile);
      for (std::size_t i = 0; i < tile.size(); ++i) {
        codes[(place + i) * words + word] = tile[i];
      }
    }
  }
}

}  // namespace calotype
