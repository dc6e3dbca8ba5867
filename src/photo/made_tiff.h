// For tests: TIFF files with several pages, each of one shade of grey.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace calotype {

struct MadePage {
  int width = 48;
  int height = 32;
  uint8_t shade = 90;
  uint32_t subfile = 2;    // NewSubfileType: 2 a page, 1 a smaller version of another picture
  bool is_broken = false;  // its pixels are said to lie behind the end of the file
};

enum class TiffKind : uint8_t { kLittleEndian, kBigEndian, kBigTiff };

class TiffMaker {
 public:
  explicit TiffMaker(TiffKind kind)
      : is_big_endian_(kind == TiffKind::kBigEndian), is_big_(kind == TiffKind::kBigTiff) {}

  std::vector<uint8_t> Make(const std::vector<MadePage>& pages) {
    file_ = {static_cast<uint8_t>(is_big_endian_ ? 'M' : 'I'), static_cast<uint8_t>(is_big_endian_ ? 'M' : 'I')};
    Put(is_big_ ? 43 : 42, 2);
    if (is_big_) {
      Put(8, 2);
      Put(0, 2);
    }
    Put(file_.size() + Offset(), Offset());
    for (std::size_t i = 0; i < pages.size(); ++i) {
      AddPage(pages[i], i + 1 == pages.size());
    }
    return file_;
  }

 private:
  static constexpr std::size_t kTags = 10;

  std::size_t Offset() const { return is_big_ ? 8 : 4; }

  void Put(uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      file_.push_back(static_cast<uint8_t>(value >> 8 * (is_big_endian_ ? bytes - 1 - i : i)));
    }
  }

  void PutTag(uint16_t tag, uint16_t type, uint64_t value) {
    const std::size_t bytes = type == 3 ? 2 : 4;  // SHORT, LONG
    Put(tag, 2);
    Put(type, 2);
    Put(1, Offset());
    Put(value, bytes);
    Put(0, Offset() - bytes);
  }

  void AddPage(const MadePage& page, bool is_last) {
    const std::size_t pixels = static_cast<std::size_t>(page.width) * static_cast<std::size_t>(page.height);
    const std::size_t directory = is_big_ ? 8 + kTags * 20 + 8 : 2 + kTags * 12 + 4;
    const std::size_t strip = file_.size() + directory;
    constexpr uint64_t kFarAway = 0x70000000;
    Put(kTags, is_big_ ? 8 : 2);
    PutTag(254, 4, page.subfile);
    PutTag(256, 4, static_cast<uint64_t>(page.width));
    PutTag(257, 4, static_cast<uint64_t>(page.height));
    PutTag(258, 3, 8);  // bits of a sample
    PutTag(259, 3, 1);  // not compressed
    PutTag(262, 3, 1);  // black is zero
    PutTag(273, 4, page.is_broken ? kFarAway : strip);
    PutTag(277, 3, 1);  // samples of a pixel
    PutTag(278, 4, static_cast<uint64_t>(page.height));
    PutTag(279, 4, pixels);
    Put(is_last ? 0 : strip + pixels, Offset());
    file_.insert(file_.end(), pixels, page.shade);
  }

  const bool is_big_endian_;
  const bool is_big_;
  std::vector<uint8_t> file_;
};

inline std::vector<uint8_t> MakeTiff(const std::vector<MadePage>& pages, TiffKind kind = TiffKind::kLittleEndian) {
  return TiffMaker(kind).Make(pages);
}

}  // namespace calotype
