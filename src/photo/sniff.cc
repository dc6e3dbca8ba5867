#include "photo/sniff.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace calotype {
namespace {

using namespace std::string_view_literals;

bool HasAt(std::span<const uint8_t> data, std::size_t offset, std::string_view text) {
  return data.size() >= offset + text.size() &&
         std::equal(text.begin(), text.end(), data.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

bool StartsWithAny(std::span<const uint8_t> data, std::initializer_list<std::string_view> signatures) {
  return std::ranges::any_of(signatures, [&](std::string_view text) { return HasAt(data, 0, text); });
}

// ISO base media files begin with a box "ftyp": a major brand, a version, and the compatible brands.
constexpr std::size_t kMajorBrand = 8;
constexpr std::size_t kCompatibleBrands = 16;

std::size_t FtypEnd(std::span<const uint8_t> head) {
  if (!HasAt(head, 4, "ftyp") || head.size() < kMajorBrand + 4) {
    return 0;
  }
  const std::size_t size =
      std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 | std::size_t{head[2]} << 8 | head[3];
  return std::min(size, head.size());
}

bool HasBrand(std::span<const uint8_t> head, std::initializer_list<std::string_view> brands) {
  const std::size_t end = FtypEnd(head);
  const auto at = [&](std::size_t offset) {
    return std::ranges::any_of(brands, [&](std::string_view brand) { return HasAt(head, offset, brand); });
  };
  bool found = end > 0 && at(kMajorBrand);
  for (std::size_t offset = kCompatibleBrands; offset + 4 <= end; offset += 4) {
    found = found || at(offset);
  }
  return found;
}

bool HasMajorBrand(std::span<const uint8_t> head, std::string_view brand) {
  return FtypEnd(head) > 0 && HasAt(head, kMajorBrand, brand);
}

}  // namespace

bool IsJpeg(std::span<const uint8_t> head) { return HasAt(head, 0, "\xFF\xD8\xFF"sv); }

bool IsPng(std::span<const uint8_t> head) { return HasAt(head, 0, "\x89PNG\r\n\x1A\n"sv); }

bool IsWebp(std::span<const uint8_t> head) { return HasAt(head, 0, "RIFF"sv) && HasAt(head, 8, "WEBP"sv); }

bool IsGif(std::span<const uint8_t> head) { return StartsWithAny(head, {"GIF87a"sv, "GIF89a"sv}); }

bool IsTiff(std::span<const uint8_t> head) { return StartsWithAny(head, {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}); }

bool IsAvif(std::span<const uint8_t> head) { return HasBrand(head, {"avif"sv, "avis"sv}); }

bool IsHeic(std::span<const uint8_t> head) {
  return !IsAvif(head) && HasBrand(head, {"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv, "hevm"sv,
                                          "hevs"sv, "mif1"sv, "msf1"sv});
}

bool IsAnimatedHeif(std::span<const uint8_t> head) {
  return HasBrand(head, {"avis"sv, "msf1"sv, "hevc"sv, "hevx"sv, "hevm"sv, "hevs"sv});
}

bool IsJpegXl(std::span<const uint8_t> head) {
  return StartsWithAny(head, {"\xFF\x0A"sv, "\0\0\0\x0CJXL \r\n\x87\n"sv});
}

bool IsRaw(std::span<const uint8_t> file) {
  return HasAt(file, 8, "CR\x02\0"sv) ||                     // Canon CR2, a TIFF
         HasMajorBrand(file, "crx "sv) ||                    // Canon CR3
         HasAt(file, 6, "HEAPCCDR"sv) ||                     // Canon CRW
         StartsWithAny(file, {"FUJIFILMCCD-RAW"sv,           // RAF
                              "IIRO"sv, "IIRS"sv, "MMOR"sv,  // Olympus ORF
                              "IIU\0"sv,                     // Panasonic RW2
                              "\0MRM"sv,                     // Minolta MRW
                              "FOVb"sv}) ||                  // Sigma X3F
         IsRawTiff(file);
}

}  // namespace calotype
