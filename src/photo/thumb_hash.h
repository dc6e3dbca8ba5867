// ThumbHash: a photo in about 25 bytes, for placeholders in lists until a thumbnail has arrived. The bytes are those of
// the format's reference (https://evanw.github.io/thumbhash/), for which there are decoders in many languages.
#pragma once

#include <cstdint>
#include <vector>

#include "photo/image.h"

namespace calotype {

// Pictures are shrunk to at most this many pixels on each side before they are hashed.
inline constexpr int kThumbHashSide = 100;

// The hash: 5 bytes of averages, scales and proportions, then half a byte for each coefficient of a cosine transform;
// 24 bytes at most. Neither side may be larger than kThumbHashSide. Empty for an empty image. Takes about 0.2 ms.
std::vector<uint8_t> ThumbHash(const Image& image);

}  // namespace calotype
