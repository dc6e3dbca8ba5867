// Checks an XMP packet before a library parses it.
#pragma once

#include <string_view>

#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// exiv2 compares each property with all others of its structure, and calls itself for each level, so both are limited.
// Takes time in proportion to the packet's length. What is no XML is left to exiv2.
//   kResourceExhausted  more bytes than a sidecar may have; more than DecodeLimits::max_xmp_properties in a structure,
//   or
//                       a hundred times as many in the packet (entries of lists do not count); nested too deeply
//   kInvalidArgument    it declares a document type, as no XMP does: entities can expand to any length
Status CheckXmp(std::string_view packet, const DecodeLimits& limits);

}  // namespace calotype
