// Numbers and entries in the directories of a TIFF or BigTIFF file. Safe for any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace calotype {

class TiffBytes {
 public:
  explicit TiffBytes(std::span<const uint8_t> file)
      : file_(file), big_endian_(!file.empty() && file[0] == 'M'), is_big_tiff_(Number(2, 2) == kBigTiffVersion) {}

  bool is_big_tiff() const { return is_big_tiff_; }

  // Zero beyond the end of the file: no tag, no count and no directory is zero.
  uint64_t Number(std::size_t at, std::size_t bytes) const {
    if (at > file_.size() || file_.size() - at < bytes) {
      return 0;
    }
    uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8 | file_[at + (big_endian_ ? i : bytes - 1 - i)];
    }
    return value;
  }
  uint32_t U16(std::size_t at) const { return static_cast<uint32_t>(Number(at, 2)); }
  uint32_t U32(std::size_t at) const { return static_cast<uint32_t>(Number(at, 4)); }

 private:
  static constexpr uint64_t kBigTiffVersion = 43;

  std::span<const uint8_t> file_;
  bool big_endian_;
  bool is_big_tiff_;
};

}  // namespace calotype
