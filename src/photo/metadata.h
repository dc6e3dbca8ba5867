// Reads facts from metadata blocks. Thread-safe. Broken parts are skipped; they are not errors.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

// Reads an EXIF block; from the XMP packet what EXIF does not state (except the orientation, which in XMP is often out
// of date); from `photoshop`, the blocks in APP13 of a JPEG, the IPTC facts that neither states. Each may be empty.
PhotoFacts ReadFacts(std::span<const uint8_t> exif, std::span<const uint8_t> xmp,
                     std::span<const uint8_t> photoshop = {});

// Reads the XMP packet of a sidecar. Its regions refer to the stored picture; `orientation` turns them.
// kInvalidArgument when it is not XMP.
StatusOr<PhotoFacts> FactsFromXmp(std::span<const uint8_t> xmp, int orientation);

// Reads a whole TIFF or camera RAW file.
PhotoFacts ReadFactsOfFile(std::span<const uint8_t> file);

}  // namespace calotype
