// Where in a photo a close look for text is worth its time: a look at a small copy says so, at a fraction of the cost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/ocr/text_regions.h"

namespace calotype {

// A rectangle of whole pixels.
struct Area {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const Area&) const = default;
};

// Areas lie on a grid of this many pixels: of which the sides of the network's input are multiples.
inline constexpr int kAreaStep = 32;

// What a first look at a small copy of a picture says.
struct FirstLook {
  // Where a close look is needed: every place at which something is above the threshold, but for text so large that a
  // closer look would not see more of it. With a margin in which a line can end and the network sees what surrounds it.
  // Areas may overlap where their common frame would cost more than they do.
  std::vector<Area> areas;
  // The map, 0 but for that large text, as large as the picture.
  std::vector<float> large;
};

// `probabilities` are row by row those of a map of size `map` of the whole picture, which has the size `picture`
// (multiples of kAreaStep). Pure.
FirstLook JudgeFirstLook(std::span<const float> probabilities, PixelSize map, PixelSize picture, float threshold);

// `areas` with those enlarged of which `probabilities` (of the whole picture and its size) have a pixel above
// `threshold` at an edge that is neither the picture's nor inside another area nor in large text: what lies there goes
// on outside. The same areas when there is none.
std::vector<Area> GrowWhereCut(std::span<const float> probabilities, PixelSize picture, std::span<const float> large,
                               std::vector<Area> areas, float threshold);

// Pixels in `areas` together.
int64_t PixelsIn(std::span<const Area> areas);

}  // namespace calotype
