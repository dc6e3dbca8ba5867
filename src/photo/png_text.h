// Reads the metadata that programs store in the text chunks of a PNG.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "photo/decode.h"
#include "photo/facts.h"

namespace calotype {

// A text chunk, unpacked.
struct PngText {
  std::string keyword;  // "Title", "Raw profile type exif" ...
  std::string text;
};

// True for the keywords of texts that ReadPngFacts() uses.
bool IsFactsKeyword(std::string_view keyword);

// Reads the blocks of the file. EXIF, XMP and IPTC that the file has no block for are taken from the chunks "Raw
// profile type ..." of ImageMagick and others; the date, if nothing else states it, from "Creation Time".
PhotoFacts ReadPngFacts(std::span<const uint8_t> exif, std::span<const uint8_t> xmp, std::span<const PngText> texts,
                        const DecodeLimits& limits);

}  // namespace calotype
