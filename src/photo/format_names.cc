#include <algorithm>
#include <array>
#include <utility>

#include "photo/decode.h"

namespace calotype {
namespace {

constexpr std::array kFormatNames = {
    std::pair(PhotoFormat::kJpeg, std::string_view("JPEG")),
    std::pair(PhotoFormat::kPng, std::string_view("PNG")),
    std::pair(PhotoFormat::kWebp, std::string_view("WebP")),
    std::pair(PhotoFormat::kTiff, std::string_view("TIFF")),
    std::pair(PhotoFormat::kGif, std::string_view("GIF")),
    std::pair(PhotoFormat::kHeic, std::string_view("HEIC")),
    std::pair(PhotoFormat::kAvif, std::string_view("AVIF")),
    std::pair(PhotoFormat::kJpegXl, std::string_view("JPEG XL")),
    std::pair(PhotoFormat::kRaw, std::string_view("RAW")),
};

}  // namespace

std::string_view FormatName(PhotoFormat format) {
  const auto* const row = std::ranges::find(kFormatNames, format, &decltype(kFormatNames)::value_type::first);
  return row == kFormatNames.end() ? "unknown" : row->second;
}

}  // namespace calotype
