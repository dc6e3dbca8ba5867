// Facts from where each container keeps them. Thread-safe; broken parts are left out, never an error.
#pragma once

#include <cstdint>
#include <span>

#include "photo/facts.h"

namespace calotype {

// From an EXIF block, and from an XMP packet what EXIF does not say (the orientation never: XMP's is often left over
// from before the pixels were turned). Either may be empty.
PhotoFacts ReadFacts(std::span<const uint8_t> exif, std::span<const uint8_t> xmp);

// From a whole TIFF or camera RAW file.
PhotoFacts ReadFactsOfFile(std::span<const uint8_t> file);

}  // namespace calotype
