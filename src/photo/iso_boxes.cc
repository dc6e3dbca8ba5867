#include "photo/iso_boxes.h"

#include <cstddef>

namespace calotype {

std::optional<IsoMediaBox> TakeIsoBox(std::span<const uint8_t>& rest) {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kLongHeader = 16;
  if (rest.size() < kHeader) {
    return std::nullopt;
  }
  BigEndianReader reader(rest);
  uint64_t size = reader.Take(4);
  const auto type = static_cast<uint32_t>(reader.Take(4));
  std::size_t header = kHeader;
  if (size == 1 && rest.size() >= kLongHeader) {
    size = reader.Take(8);
    header = kLongHeader;
  }
  size = size == 0 ? rest.size() : size;  // the last box may leave its size open
  if (size < header || size > rest.size()) {
    return std::nullopt;
  }
  const IsoMediaBox box{.type = type, .content = rest.subspan(header, size - header)};
  rest = rest.subspan(size);
  return box;
}

std::span<const uint8_t> FindIsoBox(std::span<const uint8_t> boxes, uint32_t type) {
  while (const std::optional<IsoMediaBox> box = TakeIsoBox(boxes)) {
    if (box->type == type) {
      return box->content;
    }
  }
  return {};
}

}  // namespace calotype
