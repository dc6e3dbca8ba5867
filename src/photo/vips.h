// Decodes all formats except JPEG with libvips: shrink on load, colour management, a background for transparency.
// Converts the colours of JPEGs too. No header has types of libvips; its process-wide
// settings are in vips_start.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/image.h"
#include "photo/png_text.h"

namespace calotype {

// Metadata as it is stored. Each part may be empty.
struct VipsMetadata {
  std::vector<uint8_t> exif;
  std::vector<uint8_t> xmp;
  std::vector<PngText> texts;
  int64_t profile_bytes = 0;  // of the colour profile

  int64_t bytes() const;
};

struct VipsPicture {
  Image image;     // sRGB; the long side is TargetLongSide(), or the whole picture if smaller
  int width = 0;   // as stored
  int height = 0;  // of one page
  VipsMetadata metadata;
  int pages = 1;
};

// The layout of the pixels, and the metadata, as stated in the header.
struct VipsHeader {
  int width = 0;
  int height = 0;  // of one page
  int bands = 0;
  int sample_bytes = 0;
  bool is_interlaced = false;
  VipsMetadata metadata;
};

// Reads only the header. Error codes as for DecodeWithVips().
StatusOr<VipsHeader> ReadVipsHeader(std::span<const uint8_t> file, std::string_view format);

// Checks what the header says: pixels, the work to decode them from a file of `bytes`, and the size of the metadata.
Status CheckVipsHeader(const VipsHeader& header, std::size_t bytes, const DecodeLimits& limits);

// True when this libvips has the loader ("heifload" ...).
bool VipsHasLoader(std::string_view loader);

// Decodes the first page. Rotations that are part of the format (HEIC, AVIF, JPEG XL) are applied, orientation tags are
// not. A colour profile that does not fit the channels, and channels without a stated meaning, are ignored. What is
// transparent becomes white; if most of what is visible is nearly white, it becomes dark grey, so that white text stays
// readable. `format` is the name of the format for messages. Safe from many threads. Error codes as for DecodePhoto();
// kUnimplemented also for pictures with floating-point samples of unknown range, and for animations without a still.
// libvips keeps one error text for the whole process: where several threads read photos, the detail in brackets may
// belong to another of them. A child process reads one at a time.
StatusOr<VipsPicture> DecodeWithVips(std::span<const uint8_t> file, const DecodeLimits& limits,
                                     std::string_view format);

// Converts 8-bit pixels of 1 (grey), 3 (RGB) or 4 (CMYK, 255 is full ink) interleaved channels to sRGB. `profile` is
// their ICC profile; for CMYK it may be empty, then a default is used. kInvalidArgument when the profile is broken.
StatusOr<Image> ConvertToSrgb(std::span<const uint8_t> pixels, int width, int height, int channels,
                              std::span<const uint8_t> profile);

// Shrinks `image` to a long side of `target_long_side`; returns a smaller one unchanged.
StatusOr<Image> ShrinkWithVips(Image image, int target_long_side);

// Encodes as WebP or AVIF (kWebp, kAvif), without metadata. kUnimplemented if this libvips cannot write the format.
StatusOr<std::vector<uint8_t>> EncodeWithVips(const Image& image, PhotoFormat format, int quality);

}  // namespace calotype
