#include "photo/jpeg_xl.h"

#include <algorithm>
#include <cstddef>

#include "photo/iso_boxes.h"

namespace calotype {
namespace {

// An "Exif" box begins with the offset of the TIFF header.
std::span<const uint8_t> SkipExifOffset(std::span<const uint8_t> payload) {
  const uint64_t offset = payload.size() < 4 ? 0 : BigEndianReader(payload).Take(4) + 4;
  return payload.subspan(std::min<uint64_t>(offset, payload.size()));
}

}  // namespace

// A bare codestream begins with FF 0A. Read as the size of a box, that is beyond the end of the file.
std::span<const uint8_t> FindJpegXlBox(std::span<const uint8_t> file, std::string_view type) {
  const std::span<const uint8_t> payload = FindIsoBox(file, IsoType(type));
  return type == "Exif" ? SkipExifOffset(payload) : payload;
}

}  // namespace calotype
