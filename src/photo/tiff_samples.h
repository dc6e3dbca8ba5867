// Reads from the first directory of a TIFF what libvips does not report about the samples of a pixel.
#pragma once

#include <cstdint>
#include <span>

namespace calotype {

struct TiffSamples {
  // The first sample after the colours is an alpha channel. False if its meaning is not stated: programs put anything
  // there, for example a selection.
  bool has_alpha = false;
  bool is_float = false;
};

// The defaults of TIFF 6.0 for what is not stated. Safe for any bytes.
TiffSamples ReadTiffSamples(std::span<const uint8_t> file);

}  // namespace calotype
