// Checks the chunks of a PNG before a library reads them.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// kResourceExhausted when texts, EXIF and colour profile have more bytes than DecodeLimits::max_metadata_bytes when
// they are unpacked, or than a library may take for it: 1000 texts of 7 MB fit into 7 MB. Stops unpacking at the limit.
// A chunk that is broken is no error here: the library that decodes the picture reports it.
Status CheckPngChunks(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
