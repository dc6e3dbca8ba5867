// Enough of ICC profiles (ICC.1:2010) to know those that need no conversion.
#pragma once

#include <cstdint>
#include <span>

namespace calotype {

// True when the bytes carry the signature of an ICC profile; what does not is ignored, as every viewer does.
bool IsIccProfile(std::span<const uint8_t> profile);

// True when the profile is for colours of `channels` numbers: 1 grey, 3 RGB, 4 CMYK.
bool IccProfileFits(std::span<const uint8_t> profile, int channels);

// True for an RGB profile whose primaries and tone curve are sRGB's, whatever it calls itself: phones, editors and
// browsers write dozens of spellings. A profile of look-up tables is never taken for sRGB.
bool IsSrgbProfile(std::span<const uint8_t> profile);

}  // namespace calotype
