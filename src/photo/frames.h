// Counts the frames of an animation before a library does.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// kResourceExhausted when the file has more frames than DecodeLimits::max_frames; libvips keeps something for each,
// although only the first is decoded. Stops counting at the limit. Broken files are left to the library.
Status CheckGifFrames(std::span<const uint8_t> file, const DecodeLimits& limits);
// Also checks EXIF (CheckExif()), which libvips parses with the header.
Status CheckWebpChunks(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
