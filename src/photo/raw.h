// Camera RAW by libraw: the JPEG that the camera put beside the sensor data, which is what the photographer saw.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/stored_photo.h"

namespace calotype {

struct RawSize {
  int width = 0;  // of the sensor picture
  int height = 0;
};

// From the header alone.
StatusOr<RawSize> ReadRawSize(std::span<const uint8_t> file);

// Decodes the largest embedded preview. When there is none of at least half of `target_long_side`, the sensor data is
// developed at half its size (a quarter of the work of the full size), so the long side may stay under the target.
// Width and height are the sensor picture's; where the preview is cut to another shape (a camera set to 16:9), they
// are the preview's, so that places in the picture stay true. Codes as for DecodePhoto().
StatusOr<StoredPhoto> DecodeRaw(std::span<const uint8_t> file, const DecodeLimits& limits);

// What the file says of itself, without its pixels.
StatusOr<PhotoFacts> ReadRawFacts(std::span<const uint8_t> file);

}  // namespace calotype
