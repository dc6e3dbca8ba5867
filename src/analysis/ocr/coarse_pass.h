// For large pictures, the text detector first looks at a small copy (coarse pass), then at full size only at the areas
// where that found text (fine pass). This file chooses the areas. The picture is the photo as the network gets it,
// scaled and padded. All coordinates are its pixels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/ocr/text_regions.h"

namespace calotype {

// A rectangle in whole pixels.
struct Area {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const Area&) const = default;
};

// Areas lie on a grid of this many pixels, because the sides of the network's input must be multiples of it.
inline constexpr int kAreaStep = 32;

// The result of the coarse pass.
struct CoarsePass {
  // The areas that need the fine pass: they cover every place where the coarse map is above the threshold, except large
  // text. Text is large if it is at least 16 pixels high in the coarse map: then that map shows it well enough, and no
  // fine pass is needed. Each area has a margin, so that lines can end in it and the network sees their surroundings.
  // Two areas may overlap: they are merged only if one area around both has no more pixels than the two together.
  std::vector<Area> areas;
  // The coarse map at the size of the picture, with only the large text; 0 elsewhere.
  std::vector<float> large;
};

// Evaluates a coarse map. `probabilities` is the map row by row, with the size `map`; it covers the whole picture,
// whose size is `picture` (multiples of kAreaStep). Thread-safe.
CoarsePass EvaluateCoarseMap(std::span<const float> probabilities, PixelSize map, PixelSize picture, float threshold);

// Enlarges the `areas` that cut through text, and merges areas if that saves pixels. An area cuts through text if one
// of its edges, other than an edge of the picture, has a pixel above `threshold` that is neither in another area nor in
// large text. `probabilities` and `large` (CoarsePass::large) have the size of the picture. Returns `areas` unchanged
// if none is cut.
std::vector<Area> EnlargeCutAreas(std::span<const float> probabilities, PixelSize picture, std::span<const float> large,
                                  std::vector<Area> areas, float threshold);

// Pixels of all areas; those in two areas count twice.
int64_t PixelsIn(std::span<const Area> areas);

}  // namespace calotype
