// The text detector works in two passes: a coarse pass over a small copy of the photo, then a fine pass over those
// areas of the photo where the coarse pass found text. This file chooses the areas.
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
  // text. Text is large if its lines are so high that the fine pass would scale them down again. Each area has a
  // margin, so that lines can end in it and the network sees their surroundings. Two areas may overlap, if one area
  // around both would have more pixels.
  std::vector<Area> areas;
  // The coarse map at the size of the picture, with only the large text; 0 elsewhere.
  std::vector<float> large;
};

// Evaluates a coarse map. `probabilities` is the map row by row, with the size `map`; it covers the whole picture,
// whose size is `picture` (multiples of kAreaStep). Thread-safe.
CoarsePass EvaluateCoarseMap(std::span<const float> probabilities, PixelSize map, PixelSize picture, float threshold);

// Enlarges those `areas` that cut through text: `probabilities` (of the whole picture, at its size) has a pixel above
// `threshold` at an edge of the area that is not an edge of the picture and lies neither in another area nor in large
// text. Returns `areas` unchanged when there are none.
std::vector<Area> EnlargeCutAreas(std::span<const float> probabilities, PixelSize picture, std::span<const float> large,
                                  std::vector<Area> areas, float threshold);

// The sum of the areas' pixels.
int64_t PixelsIn(std::span<const Area> areas);

}  // namespace calotype
