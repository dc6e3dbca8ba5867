// Numbers and entries in the directories of a TIFF or BigTIFF file. Safe for any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace calotype {

inline constexpr uint32_t kTiffShort = 3;      // the type of numbers of 16 bits
inline constexpr uint64_t kMaxTiffTags = 512;  // in a directory; real files have fewer than a hundred

// Where the parts of a file and of a directory are, and their sizes in bytes.
struct TiffLayout {
  std::size_t first_directory;  // where the file says where its first directory is
  std::size_t offset;           // size of an offset, and of the count of values
  std::size_t entry_count;
  std::size_t entry;
};

class TiffBytes {
 public:
  explicit TiffBytes(std::span<const uint8_t> file)
      : file_(file), big_endian_(!file.empty() && file[0] == 'M'), is_big_tiff_(Number(2, 2) == kBigTiffVersion) {}

  bool is_big_tiff() const { return is_big_tiff_; }
  const TiffLayout& layout() const { return is_big_tiff_ ? kBigTiff : kTiff; }
  std::size_t size() const { return file_.size(); }

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

  // Writes a number in the byte order of this file into `file`, which has the same size; nothing beyond its end.
  void Write(std::span<uint8_t> file, std::size_t at, std::size_t bytes, uint64_t value) const {
    if (at > file.size() || file.size() - at < bytes) {
      return;
    }
    for (std::size_t i = 0; i < bytes; ++i) {
      file[at + (big_endian_ ? bytes - 1 - i : i)] = static_cast<uint8_t>(value >> (8 * i));
    }
  }

 private:
  static constexpr TiffLayout kTiff = {.first_directory = 4, .offset = 4, .entry_count = 2, .entry = 12};
  static constexpr TiffLayout kBigTiff = {.first_directory = 8, .offset = 8, .entry_count = 8, .entry = 20};
  static constexpr uint64_t kBigTiffVersion = 43;

  std::span<const uint8_t> file_;
  bool big_endian_;
  bool is_big_tiff_;
};

}  // namespace calotype
