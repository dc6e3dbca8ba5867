// The boxes of ISO base media files in memory (HEIC, AVIF, JPEG XL): a size, a type, and content. Safe for any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace calotype {

// The number that stands for a type of box in a file: the four characters of its name, such as "meta".
constexpr uint32_t IsoType(std::string_view name) {
  uint32_t type = 0;
  for (const char c : name) {
    type = type << 8 | static_cast<uint8_t>(c);
  }
  return type;
}

struct IsoMediaBox {
  uint32_t type = 0;
  std::span<const uint8_t> content;
};

// Takes the first box from `rest`. nullopt when there is none, or it is longer than `rest`.
std::optional<IsoMediaBox> TakeIsoBox(std::span<const uint8_t>& rest);

// The content of the first box of this type; empty when there is none.
std::span<const uint8_t> FindIsoBox(std::span<const uint8_t> boxes, uint32_t type);

// Reads numbers one after another; beyond the end they are 0.
class BigEndianReader {
 public:
  explicit BigEndianReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  // `bytes` is at most 8.
  uint64_t Take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      rest_ = {};
      return 0;
    }
    uint64_t value = 0;
    for (const uint8_t byte : rest_.first(bytes)) {
      value = value << 8 | byte;
    }
    rest_ = rest_.subspan(bytes);
    return value;
  }
  void Skip(std::size_t bytes) { rest_ = rest_.subspan(bytes < rest_.size() ? bytes : rest_.size()); }

  std::span<const uint8_t> rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace calotype
