// Decodes JPEG with the scaled decoding of libjpeg-turbo. For a 12 megapixel photo this takes a quarter of the time of
// decoding at full size and resizing.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/unturned_photo.h"

namespace calotype {

// Returns the smallest M from 1 to 8 for which the picture scaled to M/8 has a long side of at least
// `target_long_side`; 8 when there is none.
int JpegScale(int width, int height, int target_long_side);

// Decodes at the scale of JpegScale(). Colours other than sRGB (CMYK, another ICC profile) are converted by libvips; a
// profile that is broken, or made for another number of channels, is ignored. Error codes as for DecodePhoto(). Of a
// file that is cut short, at least half of the rows, or the whole picture with less detail (progressive), must be
// there: what is missing is grey, and UnturnedPhoto::damage says how far the file goes. Less is kInvalidArgument.
// Harmless warnings of libjpeg are ignored.
StatusOr<UnturnedPhoto> DecodeJpeg(std::span<const uint8_t> file, const DecodeLimits& limits);

// Reads the metadata without decoding the pixels.
StatusOr<PhotoFacts> ReadJpegFacts(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
