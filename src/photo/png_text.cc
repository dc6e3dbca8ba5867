#include "photo/png_text.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

#include "photo/facts_text.h"
#include "photo/metadata.h"

namespace calotype {
namespace {

constexpr std::string_view kRawProfile = "Raw profile type ";
constexpr std::string_view kCreationTime = "Creation Time";
constexpr std::string_view kXmpMark{"http://ns.adobe.com/xap/1.0/\0", 29};

// A raw profile is a line with its name, a line with the number of its bytes, and the bytes in hexadecimal, with line
// breaks. Returns the bytes up to the first character that is something else.
std::vector<uint8_t> BytesOfRawProfile(std::string_view text) {
  const auto skip_blanks = [&text] { text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size())); };
  const auto skip_word = [&text] { text.remove_prefix(std::min(text.find_first_of(" \t\r\n"), text.size())); };
  skip_blanks();
  skip_word();
  skip_blanks();
  skip_word();
  std::vector<uint8_t> bytes;
  for (skip_blanks(); text.size() >= 2; skip_blanks()) {
    uint8_t byte = 0;
    if (std::from_chars(text.data(), text.data() + 2, byte, 16).ptr != text.data() + 2) {
      break;
    }
    bytes.push_back(byte);
    text.remove_prefix(2);
  }
  return bytes;
}

bool StartsWith(std::span<const uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::ranges::equal(text, bytes.first(text.size()), {}, [](char c) { return static_cast<uint8_t>(c); });
}

// The raw profiles of a file by their content; the first of each kind counts.
struct RawProfiles {
  std::vector<uint8_t> exif;
  std::vector<uint8_t> xmp;
  std::vector<uint8_t> photoshop;
};

// "APP1" may hold EXIF or XMP, as in a JPEG.
void AddRawProfile(std::string_view type, std::vector<uint8_t> bytes, RawProfiles& profiles) {
  const bool is_app1 = type == "APP1";
  if (type == "iptc") {
    profiles.photoshop = profiles.photoshop.empty() ? std::move(bytes) : std::move(profiles.photoshop);
  } else if (type == "xmp" || (is_app1 && StartsWith(bytes, kXmpMark))) {
    bytes.erase(bytes.begin(),
                bytes.begin() + static_cast<std::ptrdiff_t>(StartsWith(bytes, kXmpMark) ? kXmpMark.size() : 0));
    profiles.xmp = profiles.xmp.empty() ? std::move(bytes) : std::move(profiles.xmp);
  } else if (type == "exif" || is_app1) {
    profiles.exif = profiles.exif.empty() ? std::move(bytes) : std::move(profiles.exif);
  }
}

}  // namespace

bool IsFactsKeyword(std::string_view keyword) { return keyword.starts_with(kRawProfile) || keyword == kCreationTime; }

PhotoFacts ReadPngFacts(std::span<const uint8_t> exif, std::span<const uint8_t> xmp, std::span<const PngText> texts,
                        const DecodeLimits& limits) {
  RawProfiles profiles;
  for (const PngText& text : texts) {
    if (text.keyword.starts_with(kRawProfile)) {
      AddRawProfile(std::string_view(text.keyword).substr(kRawProfile.size()), BytesOfRawProfile(text.text), profiles);
    }
  }
  PhotoFacts facts = ReadFacts({.exif = exif.empty() ? profiles.exif : exif,
                                .xmp = xmp.empty() ? profiles.xmp : xmp,
                                .photoshop = profiles.photoshop},
                               limits);
  const auto created = std::ranges::find(texts, kCreationTime, &PngText::keyword);
  if (facts.taken_at.empty() && created != texts.end()) {
    facts.taken_at = IsoFromPng(created->text);
  }
  return facts;
}

}  // namespace calotype
