// Reads as much of ICC profiles (ICC.1:2010) as is needed to recognise those that require no conversion.
#pragma once

#include <cstdint>
#include <span>

namespace calotype {

// True when the bytes have the signature of an ICC profile and a valid rendering intent. Other bytes are ignored, as
// browsers do.
bool IsIccProfile(std::span<const uint8_t> profile);

// True when the profile is for colours with this number of channels: 1 grey, 3 RGB, 4 CMYK.
bool IccProfileFits(std::span<const uint8_t> profile, int channels);

// True for an RGB profile with the primaries and the tone curve of sRGB. Its name does not matter: phones, editors and
// browsers use dozens of names. False for all profiles with look-up tables.
bool IsSrgbProfile(std::span<const uint8_t> profile);

}  // namespace calotype
