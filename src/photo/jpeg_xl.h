// Finds the metadata in a JPEG XL container (ISO/IEC 18181-2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace calotype {

// Returns the payload of the first box of this type: "Exif" (without its four bytes of offset) or "xml ". Empty when
// there is none, or the file is a bare codestream. Boxes that are compressed with Brotli are not read.
std::span<const uint8_t> FindJpegXlBox(std::span<const uint8_t> file, std::string_view type);

}  // namespace calotype
