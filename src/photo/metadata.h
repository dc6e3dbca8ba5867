// Reads facts from metadata blocks. Thread-safe. Broken parts are skipped; they are not errors.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

// Reads facts from three sources. For each fact, the first source that states it counts. Each may be empty:
//   exif       an EXIF block
//   xmp        an XMP packet; its orientation is ignored, because it is often out of date
//   photoshop  the blocks in APP13 of a JPEG, for IPTC
PhotoFacts ReadFacts(std::span<const uint8_t> exif, std::span<const uint8_t> xmp,
                     std::span<const uint8_t> photoshop = {});

// Reads the XMP packet of a sidecar. Its regions refer to the stored picture; `orientation` turns them.
// kInvalidArgument when it is not XMP.
StatusOr<PhotoFacts> FactsFromXmp(std::span<const uint8_t> xmp, int orientation);

// Reads a whole TIFF or camera RAW file.
PhotoFacts ReadFactsOfFile(std::span<const uint8_t> file);

}  // namespace calotype
