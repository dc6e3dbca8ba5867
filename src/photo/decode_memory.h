// Estimates from its header how much memory a photo needs while it is decoded. The estimates are upper bounds, derived
// from measurements of what the libraries use.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// Returns the largest number of bytes in use while the file is decoded: the file itself, the decoded photo and all
// buffers. Error codes as for DecodePhoto().
StatusOr<int64_t> MemoryToDecode(std::span<const uint8_t> file, const DecodeLimits& limits);

// The same for one format. Each returns the bytes in use besides those of the file, and fails as CheckPixels() does. A
// header that cannot be read is an error, as it is for the decoder.

// A progressive JPEG, or one with separate scans for its channels, is held as a whole with two bytes per sample. Others
// are decoded row by row.
StatusOr<int64_t> JpegMemory(std::span<const uint8_t> file, const DecodeLimits& limits);

// Everything that libvips decodes.
StatusOr<int64_t> VipsMemory(std::span<const uint8_t> file, const DecodeLimits& limits, PhotoFormat format);

StatusOr<int64_t> RawMemory(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
