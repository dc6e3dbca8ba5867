// Turns the detector's probability map into quadrilaterals around lines of text: the post-processing of Differentiable
// Binarization (Liao et al. 2020) as in PaddleOCR and RapidOCR.
#pragma once

#include <span>
#include <vector>

#include "base/geometry.h"
#include "base/status.h"

namespace calotype {

// The values of RapidOCR 3.10's config.yaml.
struct RegionOptions {
  double threshold = 0.3;      // a pixel above it is text
  double box_threshold = 0.5;  // least mean probability inside a region
  double unclip_ratio = 1.6;   // the network is trained to find shrunken lines; this reverses it
  bool dilation = true;        // joins spots that are one pixel apart
  // Enlarge the rectangle around a region itself, as Immich does from 3.3 on, instead of a polygon of whole pixels.
  bool exact_growth = false;
};

struct TextRegion {
  Quad quad;        // whole pixels; clockwise from the top left corner
  float score = 0;  // mean probability inside
};

// Width and height in pixels.
struct PixelSize {
  int width = 0;
  int height = 0;
};

// Returns the regions of text in a map. `probabilities` is the map row by row, with the size `map`; regions are in
// pixels of the picture of size `picture` from which the map was made, clipped to it, unordered. Returns at most 1000
// regions, as the reference does; kInvalidArgument when the sizes do not match, kInternal with the message of OpenCV or
// Clipper. Thread-safe.
StatusOr<std::vector<TextRegion>> FindTextRegions(std::span<const float> probabilities, PixelSize map,
                                                  PixelSize picture, const RegionOptions& options);

// Enlarges `quad` on every side by its area x `ratio` / its perimeter (the reference's distance), with round corners.
// Coordinates are integers: truncated before and rounded after, as in the reference. Empty when nothing is left. May
// throw ClipperLib::clipperException, which FindTextRegions() catches.
std::vector<Point> Unclip(const Quad& quad, double ratio);

// Sorts lines from top to bottom and regions of a line from left to right. A region whose top left corner is less than
// 10 pixels below that of the previous one is on the same line (RapidOCR's tolerance).
void SortInReadingOrder(std::vector<TextRegion>& regions);

}  // namespace calotype
