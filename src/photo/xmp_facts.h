// What people write about a photo, from XMP and IPTC. Only this folder includes it.
#pragma once

#include <exception>
#include <exiv2/exiv2.hpp>
#include <string>
#include <string_view>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

// Sets exiv2 up, once; to be called before anything of it.
void PrepareExiv2();

// The packet, taken apart. kInvalidArgument when it is no XMP, or broken.
StatusOr<Exiv2::XmpData> DecodeXmp(std::string_view packet);

// Sets title, description, rating, keywords, place and regions, as far as they are there, and the position where
// `facts` has none. `facts.orientation` tells how regions are to be turned.
void AddXmpFacts(const Exiv2::XmpData& xmp, PhotoFacts& facts);

// The same from IPTC, for what is not known yet.
void AddIptcFacts(const Exiv2::IptcData& iptc, PhotoFacts& facts);

// Each fact is read behind a net of its own: one that makes exiv2 throw leaves the others.
template <typename Fact, typename Read>
void TryFact(Fact& fact, const Read& read) {
  try {
    fact = read();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the fact stays unknown
  }
}

}  // namespace calotype
