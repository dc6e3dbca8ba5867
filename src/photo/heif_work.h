// Tells from the boxes of a HEIC or AVIF what decoding its picture costs, before a library reads it.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// Returns the samples to compute for the primary picture and its transparency, for CheckWork(). Pictures may be made of
// others: of tiles, which may be shared, of layers, and each of these of others in turn. A tile counts as at least
// 512 x 512 pixels, because starting its decoder takes as long as these. 0 when there is no picture, which the library
// reports. kInvalidArgument when a picture is made of itself.
StatusOr<int64_t> HeifWork(std::span<const uint8_t> file);

// Checks what libraries read with the header. kResourceExhausted for more than 4000 items (tiles, other pictures,
// metadata; a picture of a gigapixel in tiles of 512 x 512 has as many), since libheif compares each with all others;
// and when CheckExif() of an EXIF block finds too large values.
Status CheckHeifItems(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
