// Checks a block of EXIF, or a file that is built like one, before a library reads it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// What a library may read. `bytes` refers to the block, or to `copy`.
struct CheckedExif {
  std::span<const uint8_t> bytes;  // empty when `exif` is not OK
  std::vector<uint8_t> copy;
  // kResourceExhausted when the values have more bytes than the block and DecodeLimits::max_metadata_bytes together:
  // thousands of tags may all state the same large place as theirs, and a library copies each value.
  Status exif;
  // CheckXmp() of the packet inside. If it is not OK, `bytes` have no packet.
  Status xmp;
};

// The block without "Exif\0\0" in front, which some formats have.
std::span<const uint8_t> WithoutExifMark(std::span<const uint8_t> exif);

// Blocks in no known byte order are left to the library. Maker notes count as one value, whatever is in them.
CheckedExif CheckExif(std::span<const uint8_t> block, const DecodeLimits& limits);

}  // namespace calotype
