// PDQ, the perceptual hash of 256 bits by Meta (ThreatExchange, "pdqhash-2017-10-09.pdf"): bit for bit what the
// reference implementation gives on the same pixels.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "analysis/findings.h"
#include "analysis/pdq/pdq_kernels.h"
#include "photo/image.h"

namespace calotype {

using PdqHash = std::array<uint8_t, 32>;

// The hash of `luma` (0 to 255, width x height, row by row). A side under 5 gives zeros with quality 0, as the
// reference has it. `luma` holds width x height values.
PdqFinding HashLuma(std::span<const float> luma, int width, int height, const PdqKernels& kernels = PdqKernelsInUse());

// The hash of `image` at its own size; what the PyPI package pdqhash answers for the same RGB pixels.
PdqFinding HashPixels(const Image& image, const PdqKernels& kernels = PdqKernelsInUse());

// The hash of a photo: of `image` brought to 512 x 512. Meta's tool does so with larger photos only; but the filter's
// window is a whole number of pixels, so a small copy is blurred unlike its original. Over 44 photos and 24 copies of
// each (three quarters to a seventh of the size, JPEG and WebP) 2.5 bits differed on average, against 9.1 with Meta's
// rule, 9.4 with the long side at 512 and 9.7 without resizing.
PdqFinding HashPhoto(const Image& image);

// How many bits differ, 0 to 256. Meta's advice: 31 or less is a match.
int HammingDistance(const PdqHash& a, const PdqHash& b);

}  // namespace calotype
