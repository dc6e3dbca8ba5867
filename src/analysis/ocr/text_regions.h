// From the detector's probability map to quadrilaterals around lines of text: the post-processing of Differentiable
// Binarization (Liao et al. 2020) as PaddleOCR and RapidOCR do it.
#pragma once

#include <span>
#include <vector>

#include "base/geometry.h"
#include "base/status.h"

namespace calotype {

// RapidOCR 3.10's config.yaml has these values.
struct RegionOptions {
  double threshold = 0.3;      // a pixel above it is text
  double box_threshold = 0.5;  // least mean probability inside a region
  double unclip_ratio = 1.6;   // the network is trained to find shrunk lines; this undoes it
  bool dilation = true;        // joins specks that are a pixel apart
};

struct TextRegion {
  Quad quad;        // whole pixels; clockwise from the corner at the image's top left
  float score = 0;  // mean probability inside
};

// Width and height of something in pixels.
struct PixelSize {
  int width = 0;
  int height = 0;
};

// The regions of text in `probabilities`, row by row of a map of size `map`, in pixels of the picture of size `picture`
// that the map was made of, clipped to it; in no order. At most 1000, as the reference. kInvalidArgument when the sizes
// do not fit, kInternal with OpenCV's or Clipper's words. Pure; any thread.
StatusOr<std::vector<TextRegion>> FindTextRegions(std::span<const float> probabilities, PixelSize map,
                                                  PixelSize picture, const RegionOptions& options);

// `quad` with round corners, grown by its area x `ratio` / its perimeter on every side (the reference's distance).
// Coordinates are whole numbers: fractions are cut off before and rounded after, as the reference does. Empty when
// there is nothing left. May throw ClipperLib::clipperException; FindTextRegions() catches it.
std::vector<Point> Unclip(const Quad& quad, double ratio);

// Lines from top to bottom, those of one height from left to right: a region whose top left corner lies less than 10
// pixels under that of the one before it is on the same line (RapidOCR's tolerance).
void SortInReadingOrder(std::vector<TextRegion>& regions);

}  // namespace calotype
