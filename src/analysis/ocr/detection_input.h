// How large a photo is given to the text detector.
#pragma once

#include "analysis/ocr/text_regions.h"
#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// RapidOCR 3.10's config.yaml has these values.
struct DetectionLimits {
  int limit_side = 736;  // the short side is enlarged to this: small text is not found otherwise
  int max_side = 2000;   // the long side is shrunk to this first
  int multiple = 32;     // of which both sides are one: the network halves them five times
};

struct DetectionInput {
  PixelSize scaled;   // to which the photo is brought first
  int pad_x = 0;      // black columns that are then put to the left and to the right of it
  int pad_y = 0;      // the same for rows above and below
  PixelSize network;  // what the detector is shown of it

  PixelSize padded() const { return {scaled.width + 2 * pad_x, scaled.height + 2 * pad_y}; }
};

// How a photo of size `photo` (not empty) is looked at, as RapidOCR does it: one that is too long is shrunk, one less
// than 30 pixels wide or high is enlarged to that; one more than 8 times as long as wide is padded to 4:1, so that
// enlarging its short side cannot ask for an image of any size. Whatever the photo, the network sees at most about
// max_side x max_side or 8 x limit_side x limit_side pixels, whichever is more.
DetectionInput PlanDetection(PixelSize photo, const DetectionLimits& limits);

// Where the pixels of `input.padded()` lie in the photo, none outside of it.
Quad ToPhoto(const DetectionInput& input, PixelSize photo, Quad quad);

// `photo` with black margins of pad_x and pad_y pixels.
Image Pad(const Image& photo, int pad_x, int pad_y);

}  // namespace calotype
