// The boxes of a JPEG XL container (ISO/IEC 18181-2) that hold metadata.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace calotype {

// The payload of the first box of that type ("Exif", its four bytes of offset left out, or "xml "); empty when there is
// none, or the file is a bare codestream. Boxes compressed with Brotli are not read.
std::span<const uint8_t> FindJpegXlBox(std::span<const uint8_t> file, std::string_view type);

}  // namespace calotype
