// Reads facts from metadata blocks. Thread-safe. Broken parts are skipped; they are not errors.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/facts.h"

namespace calotype {

// Blocks of metadata as they are stored. Each may be empty.
struct MetadataBlocks {
  std::span<const uint8_t> exif;
  std::span<const uint8_t> xmp;        // a packet; its orientation is ignored, because it is often out of date
  std::span<const uint8_t> photoshop;  // in APP13 of a JPEG, for IPTC
};

// Reads facts from three sources. For each fact, the first source that states it counts. A block that is over a limit
// is not read: PhotoFacts::unreadable names value, limit and setting.
PhotoFacts ReadFacts(const MetadataBlocks& blocks, const DecodeLimits& limits);

// Reads the XMP packet of a sidecar. Its regions refer to the stored picture; `orientation` turns them.
// kInvalidArgument when it is not XMP, kResourceExhausted when it is over a limit.
StatusOr<PhotoFacts> FactsFromXmp(std::span<const uint8_t> xmp, int orientation, const DecodeLimits& limits);

// Reads a whole TIFF or camera RAW file. Limits as for ReadFacts().
PhotoFacts ReadFactsOfFile(std::span<const uint8_t> file, const DecodeLimits& limits);

}  // namespace calotype
