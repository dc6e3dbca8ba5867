// The one check between header and pixels, for every format, before anything is allocated.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// The name of DecodeLimits::max_file_bytes in the configuration.
inline constexpr char kFileBytesKnob[] = "limits.file_bytes";

// kInvalidArgument for an empty file, kResourceExhausted for one over the limit.
Status CheckFileSize(std::size_t bytes, const DecodeLimits& limits);

// What a header announces, in pixels. kInvalidArgument for a side without pixels, kResourceExhausted over a limit.
Status CheckPixels(int64_t width, int64_t height, const DecodeLimits& limits);

}  // namespace calotype
