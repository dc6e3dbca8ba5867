// Every format but JPEG, and colour management for that, by libvips: shrink on load, colour management, alpha over
// white. libvips' types and its process-wide settings stop at vips.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/image.h"

namespace calotype {

struct VipsPicture {
  Image image;     // sRGB; the long side is `target_long_side`, or the whole picture if smaller
  int width = 0;   // as stored
  int height = 0;  // of one page
  std::vector<uint8_t> exif;
  std::vector<uint8_t> xmp;
};

// How pixels are stored and what is said of them, as the header has it.
struct VipsHeader {
  int width = 0;
  int height = 0;  // of one page
  int bands = 0;
  int sample_bytes = 0;
  bool is_interlaced = false;
  std::vector<uint8_t> exif;
  std::vector<uint8_t> xmp;
};

// The header alone. Codes as for DecodeWithVips().
StatusOr<VipsHeader> ReadVipsHeader(std::span<const uint8_t> file, std::string_view format);

// True when this libvips has the loader ("heifload" ...).
bool VipsHasLoader(std::string_view loader);

// Decodes the first page; orientation tags are left alone, while turns that are part of the format (HEIC, AVIF, JPEG
// XL) are applied. `format` is its name for messages. Safe from many threads. Codes as for DecodePhoto().
// libvips keeps one text of errors for the whole process: with several broken photos at once the detail in brackets may
// speak of another one of them.
StatusOr<VipsPicture> DecodeWithVips(std::span<const uint8_t> file, const DecodeLimits& limits,
                                     std::string_view format);

// 8-bit pixels of 1 (grey), 3 (RGB) or 4 (CMYK, 255 is full ink) interleaved channels as sRGB. `profile` is their ICC
// profile; it may be empty for CMYK, which then has libvips' own. kInvalidArgument when the profile does not work.
StatusOr<Image> ConvertToSrgb(std::span<const uint8_t> pixels, int width, int height, int channels,
                              std::span<const uint8_t> profile);

// `image` at a long side of `target_long_side`, or as it is when it is no longer than that.
StatusOr<Image> ShrinkWithVips(Image image, int target_long_side);

}  // namespace calotype
