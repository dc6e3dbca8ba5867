// Distinguishes camera RAW from pictures among TIFF files, by the content of their directories. The name of the maker
// does not help: a picture that was developed from RAW keeps it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "photo/sniff.h"

namespace calotype {
namespace {

// Tags and values of TIFF 6.0, TIFF/EP (ISO 12234-2) and the DNG specification.
constexpr uint32_t kCompression = 0x0103;
constexpr uint32_t kPhotometric = 0x0106;
constexpr uint32_t kSubDirectories = 0x014A;
constexpr uint32_t kDngVersion = 0xC612;
constexpr std::array<uint32_t, 2> kSensorPhotometric = {32803, 34892};                // colour filter array, linear raw
constexpr std::array<uint32_t, 4> kSensorCompression = {32767, 32770, 34713, 65535};  // ARW, SRW, NEF, PEF

// Limits for hostile files: cameras write fewer than ten directories with fewer than a hundred entries each.
constexpr std::size_t kMaxDirectories = 32;
constexpr uint32_t kMaxEntries = 512;
constexpr uint32_t kMaxSubDirectories = 8;
constexpr std::size_t kEntryBytes = 12;
constexpr uint32_t kTypeShort = 3;

class TiffDirectories {
 public:
  explicit TiffDirectories(std::span<const uint8_t> file) : file_(file), big_endian_(!file.empty() && file[0] == 'M') {}

  bool HoldSensorData() {
    Follow(U32(4));
    // By index, because the list grows during the loop.
    for (std::size_t next = 0; next < offsets_.size(); ++next) {  // NOLINT(modernize-loop-convert)
      if (DirectoryHoldsSensorData(offsets_[next])) {
        return true;
      }
    }
    return false;
  }

 private:
  // Zero beyond the end of the file: no tag, no count and no directory is zero.
  uint32_t Number(std::size_t at, std::size_t bytes) const {
    if (at > file_.size() || file_.size() - at < bytes) {
      return 0;
    }
    uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8 | file_[at + (big_endian_ ? i : bytes - 1 - i)];
    }
    return value;
  }
  uint32_t U16(std::size_t at) const { return Number(at, 2); }
  uint32_t U32(std::size_t at) const { return Number(at, 4); }

  void Follow(uint32_t offset) {
    if (offset != 0 && offsets_.size() < kMaxDirectories && std::ranges::find(offsets_, offset) == offsets_.end()) {
      offsets_.push_back(offset);
    }
  }

  bool DirectoryHoldsSensorData(std::size_t at) {
    const uint32_t count = std::min(U16(at), kMaxEntries);
    for (uint32_t i = 0; i < count; ++i) {
      if (EntryTellsSensorData(at + 2 + i * kEntryBytes)) {
        return true;
      }
    }
    Follow(U32(at + 2 + count * kEntryBytes));
    return false;
  }

  bool EntryTellsSensorData(std::size_t at) {
    const uint32_t tag = U16(at);
    const uint32_t value = U16(at + 2) == kTypeShort ? U16(at + 8) : U32(at + 8);
    if (tag == kSubDirectories) {
      FollowSubDirectories(U32(at + 4), at + 8);
    }
    return tag == kDngVersion ||
           (tag == kPhotometric && std::ranges::find(kSensorPhotometric, value) != kSensorPhotometric.end()) ||
           (tag == kCompression && std::ranges::find(kSensorCompression, value) != kSensorCompression.end());
  }

  // A single offset is in the entry itself; several are where the entry points.
  void FollowSubDirectories(uint32_t count, std::size_t value_at) {
    const std::size_t list = count <= 1 ? value_at : U32(value_at);
    for (uint32_t i = 0; i < std::min(count, kMaxSubDirectories); ++i) {
      Follow(U32(list + i * std::size_t{4}));
    }
  }

  std::span<const uint8_t> file_;
  bool big_endian_;
  std::vector<uint32_t> offsets_;
};

}  // namespace

bool IsRawTiff(std::span<const uint8_t> file) {
  // BigTIFF (version 43) is not RAW: no camera writes it.
  const bool classic = IsTiff(file) && (file[2] == '*' || file[3] == '*');
  return classic && TiffDirectories(file).HoldSensorData();
}

}  // namespace calotype
