// Decodes camera RAW files with libraw. Uses the JPEG preview that the camera stored with the sensor data: it is what
// the photographer saw.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/unturned_photo.h"

namespace calotype {

struct RawSize {
  int width = 0;  // pixels of the sensor picture
  int height = 0;
};

// Reads only the header.
StatusOr<RawSize> ReadRawSize(std::span<const uint8_t> file);

// Decodes the largest embedded preview. When none has at least half of `target_long_side`, the sensor data is developed
// at half size (a quarter of the work), so the long side may be shorter than the target. Width and height are those of
// the sensor picture; but when the preview has another shape (a camera set to 16:9), those of the preview, so that
// positions in the picture stay correct. Error codes as for DecodePhoto().
StatusOr<UnturnedPhoto> DecodeRaw(std::span<const uint8_t> file, const DecodeLimits& limits);

// Reads the metadata without decoding the pixels.
StatusOr<PhotoFacts> ReadRawFacts(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
