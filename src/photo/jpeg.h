// JPEG by libjpeg-turbo's scaled decode. On a 12 megapixel photo this takes a quarter of the time of decoding into
// something larger and resizing that.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/stored_photo.h"

namespace calotype {

// The smallest M, 1 to 8, for which a picture scaled to M/8 still has a long side of at least `target_long_side`; 8
// when none has.
int JpegScale(int width, int height, int target_long_side);

// Decodes to that scale. Colours that are not sRGB (CMYK, another ICC profile) are converted by libvips; a profile that
// does not work, or is for another number of channels, is left out. Codes as for DecodePhoto(); a file that ends before
// its picture does is kInvalidArgument and says where it ends, while harmless warnings of libjpeg are passed over.
StatusOr<StoredPhoto> DecodeJpeg(std::span<const uint8_t> file, const DecodeLimits& limits);

// What its header says, without its pixels.
StatusOr<PhotoFacts> ReadJpegFacts(std::span<const uint8_t> file);

}  // namespace calotype
