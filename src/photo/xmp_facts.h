// Reads what people wrote about a photo from XMP and IPTC. Only this folder includes this header.
#pragma once

#include <exception>
#include <exiv2/exiv2.hpp>
#include <string>
#include <string_view>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/facts.h"

namespace calotype {

// Initialises exiv2 once. Call it before using exiv2.
void PrepareExiv2();

// The IoU from which two regions are at the same place: some programs draw heads, others faces.
inline constexpr float kSamePlace = 0.3F;

// A rectangle of Microsoft's: "left, top, width, height". NAN for what is missing.
Box BoxOfRectangle(std::string_view text);

// Parses the packet. kInvalidArgument when it is not XMP, or damaged; kResourceExhausted when it is over a limit.
StatusOr<Exiv2::XmpData> DecodeXmp(std::string_view packet, const DecodeLimits& limits);

// Sets title, description, rating, keywords, place and regions, as far as they are there, and the position where
// `facts` has none. `facts.orientation` tells how regions are to be turned.
void AddXmpFacts(const Exiv2::XmpData& xmp, PhotoFacts& facts);

// The same from IPTC, for facts that are not known yet.
void AddIptcFacts(const Exiv2::IptcData& iptc, PhotoFacts& facts);

// Reads one fact. When exiv2 throws, only this fact stays unknown.
template <typename Fact, typename Read>
void TryFact(Fact& fact, const Read& read) {
  try {
    fact = read();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the fact stays unknown
  }
}

}  // namespace calotype
