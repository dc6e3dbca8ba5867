// Chooses the size at which a photo is passed to the text detector.
#pragma once

#include "analysis/ocr/text_regions.h"
#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// The values of RapidOCR 3.10's config.yaml.
struct DetectionLimits {
  int limit_side = 736;  // the short side is enlarged to this, otherwise small text is missed
  int max_side = 2000;   // the long side is shrunk to this first
  int multiple = 32;     // of both sides: the network halves them five times
};

struct DetectionInput {
  PixelSize scaled;   // the size to which the photo is scaled first
  int pad_x = 0;      // width of the black margins that are then added left and right
  int pad_y = 0;      // height of the black margins above and below
  PixelSize network;  // the size of the network's input

  PixelSize padded() const { return {scaled.width + 2 * pad_x, scaled.height + 2 * pad_y}; }
};

// Plans the detector's input for a photo of size `photo` (not empty), as RapidOCR does. A photo that is too long is
// shrunk; one that is less than 30 pixels wide or high is enlarged to that. One more than 8 times as long as wide is
// padded to 4:1, so that enlarging its short side cannot create a huge image. The network's input has at most about
// max_side x max_side or 8 x limit_side x limit_side pixels, whichever is more.
DetectionInput PlanDetection(PixelSize photo, const DetectionLimits& limits);

// The size at which Immich passes a photo to the detector: a short side of more than `max_short_side` is scaled down to
// that, a shorter one is not enlarged. Both sides are rounded to multiples of 32, and at least 32.
PixelSize PlanReduced(PixelSize photo, int max_short_side);

// Maps a quad from pixels of `input.padded()` to pixels of the photo, clipped to it.
Quad ToPhoto(const DetectionInput& input, PixelSize photo, Quad quad);

// Adds black margins of pad_x and pad_y pixels to `photo`.
Image Pad(const Image& photo, int pad_x, int pad_y);

}  // namespace calotype
