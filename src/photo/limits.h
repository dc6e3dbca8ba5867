// Checks a photo against the limits after its header is read and before memory is allocated, for all formats.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// The name of DecodeLimits::max_file_bytes in the configuration.
inline constexpr char kFileBytesKnob[] = "limits.file_bytes";

// The name of DecodeLimits::max_pages in the configuration.
inline constexpr char kPagesKnob[] = "limits.pages";

// kInvalidArgument for an empty file, kResourceExhausted for one over the limit.
Status CheckFileSize(std::size_t bytes, const DecodeLimits& limits);

// Checks the size that a header states, in pixels. kInvalidArgument for a side of 0, kResourceExhausted over a limit.
Status CheckPixels(int64_t width, int64_t height, const DecodeLimits& limits);

// The long side to decode to, at most that of the picture. Pictures more than 4 times as high as wide, such as
// screenshots of pages, keep up to 4 x target_long_side^2 pixels: with a long side of 2000 their text would vanish.
int TargetLongSide(int64_t width, int64_t height, const DecodeLimits& limits);

}  // namespace calotype
