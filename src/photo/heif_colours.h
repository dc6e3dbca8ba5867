// Reads from the boxes of a HEIC or AVIF file what libvips does not report about its colours.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace calotype {

struct HeifColours {
  // Numbers of ITU-T H.273; 2 means unspecified.
  int primaries = 2;
  int transfer = 2;
  bool is_premultiplied = false;  // the colours are multiplied by the alpha channel
};

// What the first "colr" box of the type "nclx" states (ISO/IEC 14496-12, 12.1.5), and whether there is a reference
// "prem" (ISO/IEC 23008-12, 6.10.1.2). The defaults for what is not stated. Safe for any bytes.
HeifColours ReadHeifColours(std::span<const uint8_t> file);

// Returns an ICC profile for pictures whose colours are not those of sRGB: the primaries of BT.709, Display P3 and
// BT.2020 with the curve of sRGB, linear light, PQ or HLG. Empty for sRGB and for all others, which are shown as sRGB.
// PQ and HLG (ITU-R BT.2100) are brighter than a usual screen: what is darker than half of diffuse white (203 cd/m2,
// ITU-R BT.2408) stays as it is, and what is brighter is compressed so that 1000 cd/m2 become white.
std::vector<uint8_t> ProfileOf(const HeifColours& colours);

}  // namespace calotype
