#include "photo/exif_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string_view>

#include "photo/tiff_bytes.h"
#include "photo/xmp_limits.h"

namespace calotype {
namespace {

using namespace std::string_view_literals;

// Tags of TIFF 6.0, EXIF 2.3 and XMP.
constexpr uint32_t kXmpTag = 700;
constexpr uint32_t kIptcTag = 33723;
constexpr uint32_t kPhotoshopTag = 34377;
constexpr std::array<uint32_t, 4> kDirectoryTags = {330, 34665, 34853, 40965};  // SubIFDs, EXIF, GPS, interoperability
// exiv2 follows fewer.
constexpr std::size_t kMaxDirectories = 64;
// Bytes of a value of each type, from BYTE (1) on.
constexpr std::array<uint64_t, 19> kTypeBytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

// Where an entry is, and its value, as far as it is inside of the block.
struct ExifEntry {
  std::size_t at = 0;
  uint32_t tag = 0;
  std::size_t value = 0;
  std::size_t bytes = 0;
};

class ExifWalk {
 public:
  explicit ExifWalk(std::span<const uint8_t> block) : block_(block), bytes_(block) {
    Visit(bytes_.Number(bytes_.layout().first_directory, bytes_.layout().offset), true);
  }

  int64_t value_bytes() const { return value_bytes_; }
  // The entries of the first directory whose values exiv2 parses: XMP, IPTC, Photoshop's.
  const std::vector<ExifEntry>& packets() const { return packets_; }
  const TiffBytes& bytes() const { return bytes_; }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): each directory once, at most kMaxDirectories
  void Visit(std::size_t directory, bool is_first) {
    while (directory != 0 && directory < block_.size() && seen_.size() < kMaxDirectories &&
           seen_.insert(directory).second) {
      const TiffLayout& layout = bytes_.layout();
      const uint64_t count =
          std::min<uint64_t>(bytes_.Number(directory, layout.entry_count), block_.size() / layout.entry);
      const std::size_t first = directory + layout.entry_count;
      for (uint64_t i = 0; i < count; ++i) {
        Add(first + i * layout.entry, is_first);
      }
      directory = bytes_.Number(first + count * layout.entry, layout.offset);
      is_first = false;
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion): as Visit()
  void Add(std::size_t at, bool of_first_directory) {
    const TiffLayout& layout = bytes_.layout();
    const uint32_t type = bytes_.U16(at + 2);
    const uint64_t count = std::min<uint64_t>(bytes_.Number(at + 4, layout.offset), block_.size());
    const uint64_t size = count * (type < kTypeBytes.size() ? kTypeBytes[type] : 1);
    const bool fits = size <= layout.offset;
    const std::size_t inside = at + 4 + layout.offset;
    ExifEntry entry{.at = at, .tag = bytes_.U16(at), .value = fits ? inside : bytes_.Number(inside, layout.offset)};
    entry.value = std::min(entry.value, block_.size());
    entry.bytes = std::min<std::size_t>(size, block_.size() - entry.value);
    value_bytes_ += static_cast<int64_t>(entry.bytes);
    if (of_first_directory && (entry.tag == kXmpTag || entry.tag == kIptcTag || entry.tag == kPhotoshopTag)) {
      packets_.push_back(entry);
    }
    if (std::ranges::find(kDirectoryTags, entry.tag) != kDirectoryTags.end()) {
      for (uint64_t i = 0; i < std::min<uint64_t>(count, kMaxDirectories); ++i) {
        Visit(bytes_.Number(entry.value + i * layout.offset, layout.offset), false);
      }
    }
  }

  std::span<const uint8_t> block_;
  TiffBytes bytes_;
  std::set<std::size_t> seen_;
  int64_t value_bytes_ = 0;
  std::vector<ExifEntry> packets_;
};

bool HasByteOrder(std::span<const uint8_t> block) {
  return block.size() >= 8 && block[0] == block[1] && (block[0] == 'I' || block[0] == 'M');
}

// Makes the entry one without a value.
void RemoveValue(const ExifEntry& entry, const TiffBytes& bytes, std::span<const uint8_t> block,
                 std::vector<uint8_t>& copy) {
  if (copy.empty()) {
    copy.assign(block.begin(), block.end());
  }
  bytes.Write(copy, entry.at + 4, bytes.layout().offset, 0);
}

}  // namespace

std::span<const uint8_t> WithoutExifMark(std::span<const uint8_t> exif) {
  constexpr std::string_view kMark = "Exif\0\0"sv;
  const bool marked = exif.size() >= kMark.size() && std::equal(kMark.begin(), kMark.end(), exif.begin());
  return marked ? exif.subspan(kMark.size()) : exif;
}

CheckedExif CheckExif(std::span<const uint8_t> block, const DecodeLimits& limits) {
  CheckedExif checked{.bytes = block};
  if (!HasByteOrder(block)) {
    return checked;
  }
  const ExifWalk walk(block);
  if (const int64_t allowed = limits.max_metadata_bytes + static_cast<int64_t>(block.size());
      walk.value_bytes() > allowed) {
    checked.exif =
        absl::ResourceExhaustedError(fmt::format("its values have {} bytes in a block of {}, the limit is {} "
                                                 "(limits.metadata_mb)",
                                                 walk.value_bytes(), block.size(), allowed));
    checked.bytes = {};
    return checked;
  }
  // exiv2 parses each of several packets, so the first of each kind stays.
  std::set<uint32_t> seen;
  for (const ExifEntry& entry : walk.packets()) {
    const bool is_first = seen.insert(entry.tag).second;
    if (entry.tag == kXmpTag && is_first) {
      const std::span<const uint8_t> packet = block.subspan(entry.value, entry.bytes);
      checked.xmp = CheckXmp({reinterpret_cast<const char*>(packet.data()), packet.size()}, limits);
    }
    if (!is_first || (entry.tag == kXmpTag && !checked.xmp.ok())) {
      RemoveValue(entry, walk.bytes(), block, checked.copy);
    }
  }
  if (!checked.copy.empty()) {
    checked.bytes = checked.copy;
  }
  return checked;
}

}  // namespace calotype
