// How much memory a photo takes while it is decoded, told from its header. Upper bounds, measured: what libraries hold
// of a picture at a time is theirs to choose.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// What decoding the file takes at most, in bytes: the file itself, the decoded photo and what is held on the way. Codes
// as for DecodePhoto().
StatusOr<int64_t> MemoryToDecode(std::span<const uint8_t> file, const DecodeLimits& limits);

// The same by format. Each answers bytes beside the file's own, those of the decoded photo included, and refuses what
// CheckPixels() refuses. A header that cannot be read is an error, as it is for the decoder.

// A progressive JPEG, or one whose channels come one after the other, is held whole, two bytes a sample; others go
// through row by row.
StatusOr<int64_t> JpegMemory(std::span<const uint8_t> file, const DecodeLimits& limits);

// Everything that libvips decodes.
StatusOr<int64_t> VipsMemory(std::span<const uint8_t> file, const DecodeLimits& limits, PhotoFormat format);

StatusOr<int64_t> RawMemory(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
