// Decodes a photo: detects its format, reads the header, checks the limits, and decodes no larger than needed, upright
// and in sRGB. Outside this folder use PhotoReader (photo_reader.h), except for files of Calotype itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "photo/facts.h"
#include "photo/image.h"

namespace calotype {

// Values are stored in the catalogue: never renumber.
enum class PhotoFormat : uint8_t {
  kUnknown = 0,
  kJpeg = 1,
  kPng = 2,
  kWebp = 3,
  kTiff = 4,
  kGif = 5,
  kHeic = 6,
  kAvif = 7,
  kJpegXl = 8,
  kRaw = 9,
};

// "JPEG", "PNG" ...
std::string_view FormatName(PhotoFormat format);

// Returns the format that the first bytes of a file announce (64 are enough, except for RAW formats that are built like
// TIFF); kUnknown when there is none. The name of the file does not matter.
PhotoFormat SniffFormat(std::span<const uint8_t> head);

// Limits for all formats. They are checked after the header is read and before memory is allocated.
struct DecodeLimits {
  std::size_t max_file_bytes = std::size_t{1} << 30;  // knob: limits.file_bytes
  int64_t max_pixels = 600'000'000;                   // width x height; knob: limits.pixels
  int max_aspect_ratio = 200;                         // long side over short side; knob: limits.aspect_ratio
  // Decode to the smallest size at least this long, never enlarged. Tall pictures keep more: TargetLongSide().
  int target_long_side = 2000;
  int max_pages = 100;  // pages of a document that are read, from the first on; knob: limits.pages
  // Samples (a channel of a pixel) that are computed for each byte of the file, besides the first kFreeSamples; each
  // scan of a progressive JPEG and each tile of a HEIC counts; knob: limits.samples_per_byte
  int samples_per_byte = 300;
  // Bytes of EXIF, XMP, IPTC, colour profile and texts together, when unpacked; knob: limits.metadata_mb
  int64_t max_metadata_bytes = 64'000'000;
  int max_xmp_properties = 2000;  // in one structure of an XMP packet; knob: limits.xmp_properties
  int max_frames = 100'000;       // of an animation, of which only the first is decoded; knob: limits.frames
  // Return the pixels as a program without colour management sees them: not rotated by EXIF, colour profiles ignored
  // (except for CMYK), transparency dropped.
  bool as_stored = false;
};

struct DecodedPhoto {
  Image image;  // upright, sRGB (unless DecodeLimits::as_stored); the long side is TargetLongSide() or a little more,
                // or the whole photo if smaller
  int full_width = 0;  // of the upright original
  int full_height = 0;
  // Original pixels per pixel of `image`, on both axes, when the decoder states it: libjpeg rounds sizes up, so their
  // ratio is slightly wrong. nullopt when the ratio of the sizes is exact.
  std::optional<float> reduction;
  // Empty for a whole photo. Otherwise what is missing: the rest of `image` is shown (grey rows, or less detail).
  std::string damage;
  PhotoFormat format = PhotoFormat::kUnknown;
  PhotoFacts facts;
  int pages = 1;  // pictures in the file: pages of a TIFF, frames of an animation; `image` is one of them

  float scale_x() const {
    return reduction.value_or(static_cast<float>(full_width) / static_cast<float>(image.width()));
  }
  float scale_y() const {
    return reduction.value_or(static_cast<float>(full_height) / static_cast<float>(image.height()));
  }
};

// Decodes the open file. No shared state; safe from many threads; may run in a child process. The first call
// initialises libvips.
//   kInvalidArgument    empty, in no known format, or damaged; a JPEG of which at least half is there is decoded, see
//                       DecodedPhoto::damage
//   kResourceExhausted  over a limit; the message names the value, the limit and its setting
//   kUnimplemented      the libraries on this machine cannot read the format
StatusOr<DecodedPhoto> DecodePhoto(int descriptor, const DecodeLimits& limits);

// The same from bytes.
StatusOr<DecodedPhoto> DecodePhoto(std::span<const uint8_t> file, const DecodeLimits& limits);

// What a file says besides its pixels.
struct FileFacts {
  PhotoFormat format = PhotoFormat::kUnknown;
  PhotoFacts facts;
};

// Reads the metadata without decoding the pixels, so the pixels may be broken. Error codes as above.
StatusOr<FileFacts> ReadPhotoFacts(int descriptor, const DecodeLimits& limits);

// True when the libraries on this machine read the format (libvips may lack HEIC, AVIF and JPEG XL).
bool CanDecode(PhotoFormat format);

}  // namespace calotype
