// Distinguishes camera RAW from pictures among TIFF files, by the content of their directories. The name of the maker
// does not help: a picture that was developed from RAW keeps it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "photo/sniff.h"
#include "photo/tiff_bytes.h"

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

class TiffDirectories {
 public:
  explicit TiffDirectories(std::span<const uint8_t> file) : bytes_(file) {}

  bool HoldSensorData() {
    Follow(bytes_.U32(4));
    // By index, because the list grows during the loop.
    for (std::size_t next = 0; next < offsets_.size(); ++next) {  // NOLINT(modernize-loop-convert)
      if (DirectoryHoldsSensorData(offsets_[next])) {
        return true;
      }
    }
    return false;
  }

 private:
  void Follow(uint32_t offset) {
    if (offset != 0 && offsets_.size() < kMaxDirectories && std::ranges::find(offsets_, offset) == offsets_.end()) {
      offsets_.push_back(offset);
    }
  }

  bool DirectoryHoldsSensorData(std::size_t at) {
    const uint32_t count = std::min(bytes_.U16(at), kMaxEntries);
    for (uint32_t i = 0; i < count; ++i) {
      if (EntryTellsSensorData(at + 2 + i * kEntryBytes)) {
        return true;
      }
    }
    Follow(bytes_.U32(at + 2 + count * kEntryBytes));
    return false;
  }

  bool EntryTellsSensorData(std::size_t at) {
    const uint32_t tag = bytes_.U16(at);
    const uint32_t value = bytes_.U16(at + 2) == kTiffShort ? bytes_.U16(at + 8) : bytes_.U32(at + 8);
    if (tag == kSubDirectories) {
      FollowSubDirectories(bytes_.U32(at + 4), at + 8);
    }
    return tag == kDngVersion ||
           (tag == kPhotometric && std::ranges::find(kSensorPhotometric, value) != kSensorPhotometric.end()) ||
           (tag == kCompression && std::ranges::find(kSensorCompression, value) != kSensorCompression.end());
  }

  // A single offset is in the entry itself; several are where the entry points.
  void FollowSubDirectories(uint32_t count, std::size_t value_at) {
    const std::size_t list = count <= 1 ? value_at : bytes_.U32(value_at);
    for (uint32_t i = 0; i < std::min(count, kMaxSubDirectories); ++i) {
      Follow(bytes_.U32(list + i * std::size_t{4}));
    }
  }

  TiffBytes bytes_;
  std::vector<uint32_t> offsets_;
};

}  // namespace

bool IsRawTiff(std::span<const uint8_t> file) {
  // BigTIFF (version 43) is not RAW: no camera writes it.
  const bool classic = IsTiff(file) && !TiffBytes(file).is_big_tiff();
  return classic && TiffDirectories(file).HoldSensorData();
}

}  // namespace calotype
