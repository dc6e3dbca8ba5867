#include "photo/jpeg_xl.h"

#include <algorithm>
#include <cstddef>

namespace calotype {
namespace {

constexpr std::size_t kBoxHeader = 8;
constexpr std::size_t kLongBoxHeader = 16;

uint64_t BigEndian(std::span<const uint8_t> bytes) {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) {
    value = value << 8 | byte;
  }
  return value;
}

bool IsType(std::span<const uint8_t> box, std::string_view type) {
  return std::ranges::equal(box.subspan(4, 4), type, {}, {}, [](char c) { return static_cast<uint8_t>(c); });
}

// An "Exif" box begins with the offset of the TIFF header.
std::span<const uint8_t> SkipExifOffset(std::span<const uint8_t> payload) {
  const uint64_t offset = payload.size() < 4 ? 0 : BigEndian(payload.first(4)) + 4;
  return payload.subspan(std::min<uint64_t>(offset, payload.size()));
}

}  // namespace

std::span<const uint8_t> FindJpegXlBox(std::span<const uint8_t> file, std::string_view type) {
  // A bare codestream begins with FF 0A. Read as the size of a box, that is beyond the end of the file.
  for (std::span<const uint8_t> rest = file; rest.size() >= kBoxHeader;) {
    uint64_t size = BigEndian(rest.first(4));
    std::size_t header = kBoxHeader;
    if (size == 1 && rest.size() >= kLongBoxHeader) {
      size = BigEndian(rest.subspan(8, 8));
      header = kLongBoxHeader;
    }
    size = size == 0 ? rest.size() : size;  // the last box may leave its size open
    if (size < header || size > rest.size()) {
      break;
    }
    if (IsType(rest, type)) {
      const std::span<const uint8_t> payload = rest.subspan(header, size - header);
      return type == "Exif" ? SkipExifOffset(payload) : payload;
    }
    rest = rest.subspan(size);
  }
  return {};
}

}  // namespace calotype
