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

// What any picture may cost, however short its file is: about a second of decoding.
inline constexpr int64_t kFreeSamples = 200'000'000;

// Checks that the work grows with the file: kResourceExhausted when decoding computes more than kFreeSamples and
// DecodeLimits::samples_per_byte for each of the file's `bytes`. A few bytes can ask for hundreds of millions of
// pixels.
Status CheckWork(int64_t samples, std::size_t bytes, const DecodeLimits& limits);

// kResourceExhausted for more metadata than DecodeLimits::max_metadata_bytes. `bytes` is what was counted so far.
Status CheckMetadataBytes(int64_t bytes, const DecodeLimits& limits);

// kResourceExhausted for more frames than DecodeLimits::max_frames. `frames` is what was counted so far.
Status CheckFrames(int64_t frames, const DecodeLimits& limits);

// The long side to decode to, at most that of the picture. Pictures more than 4 times as high as wide, such as
// screenshots of pages, keep up to 4 x target_long_side^2 pixels: with a long side of 2000 their text would vanish.
int TargetLongSide(int64_t width, int64_t height, const DecodeLimits& limits);

}  // namespace calotype
