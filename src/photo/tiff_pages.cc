#include "photo/tiff_pages.h"

#include <algorithm>
#include <unordered_set>

#include "photo/sniff.h"
#include "photo/tiff_bytes.h"

namespace calotype {
namespace {

// Tags and values of TIFF 6.0.
constexpr uint32_t kNewSubfileType = 254;
constexpr uint32_t kSubfileType = 255;  // its older form
constexpr uint64_t kReducedBit = 1;
constexpr uint64_t kMaskBit = 4;
constexpr uint64_t kOldReduced = 2;

constexpr std::size_t kMaxPageDirectories = 65'536;

bool IsPage(const TiffBytes& bytes, std::size_t directory) {
  const TiffLayout& layout = bytes.layout();
  const uint64_t count = std::min(bytes.Number(directory, layout.entry_count), kMaxTiffTags);
  for (uint64_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + layout.entry_count + i * layout.entry;
    const std::size_t value_at = entry + 4 + layout.offset;
    const uint64_t value = bytes.U16(entry + 2) == kTiffShort ? bytes.U16(value_at) : bytes.U32(value_at);
    if (bytes.U16(entry) == kNewSubfileType) {
      return (value & (kReducedBit | kMaskBit)) == 0;
    }
    if (bytes.U16(entry) == kSubfileType) {
      return value != kOldReduced;
    }
  }
  return true;
}

// Where the directory says which one comes next. Its number of entries may be anything.
std::size_t NextAt(const TiffBytes& bytes, std::size_t directory) {
  const TiffLayout& layout = bytes.layout();
  const uint64_t count = std::min<uint64_t>(bytes.Number(directory, layout.entry_count), bytes.size() / layout.entry);
  return directory + layout.entry_count + count * layout.entry;
}

}  // namespace

std::size_t FirstTiffDirectory(std::span<const uint8_t> file) {
  const TiffBytes bytes(file);
  return bytes.Number(bytes.layout().first_directory, bytes.layout().offset);
}

std::vector<std::size_t> FindTiffPages(std::span<const uint8_t> file) {
  if (!IsTiff(file)) {
    return {};
  }
  const TiffBytes bytes(file);
  const std::size_t first = FirstTiffDirectory(file);
  std::vector<std::size_t> pages;
  std::unordered_set<std::size_t> seen;
  for (std::size_t at = first; at != 0 && seen.size() < kMaxPageDirectories && seen.insert(at).second;) {
    if (IsPage(bytes, at)) {
      pages.push_back(at);
    }
    at = at < file.size() ? bytes.Number(NextAt(bytes, at), bytes.layout().offset) : 0;
  }
  if (pages.empty()) {
    pages.push_back(first);
  }
  return pages;
}

void KeepTiffPage(std::span<uint8_t> file, std::size_t page) {
  const TiffBytes bytes(file);
  const TiffLayout& layout = bytes.layout();
  bytes.Write(file, layout.first_directory, layout.offset, page);
  if (page < file.size()) {
    bytes.Write(file, NextAt(bytes, page), layout.offset, 0);
  }
}

}  // namespace calotype
