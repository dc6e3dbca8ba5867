// Facts from where each container keeps them. Thread-safe; broken parts are left out, never an error.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

// From an EXIF block, and from an XMP packet what EXIF does not say (the orientation never: XMP's is often left over
// from before the pixels were turned); from `photoshop`, the blocks in a JPEG's APP13, IPTC where XMP is silent. Each
// may be empty.
PhotoFacts ReadFacts(std::span<const uint8_t> exif, std::span<const uint8_t> xmp,
                     std::span<const uint8_t> photoshop = {});

// From the XMP packet of a file of its own; regions lie in the picture as it is stored, `orientation` turns them.
// kInvalidArgument when it is no XMP.
StatusOr<PhotoFacts> FactsFromXmp(std::span<const uint8_t> xmp, int orientation);

// From a whole TIFF or camera RAW file.
PhotoFacts ReadFactsOfFile(std::span<const uint8_t> file);

}  // namespace calotype
