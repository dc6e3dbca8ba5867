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

// The parts of a picture of size `picture` (multiples of kAreaStep) in which a pixel of `probabilities` (row by row of
// a map of size `map`, of the whole picture, however much smaller) is above `threshold`, with a margin in which a line
// can end and the network sees what surrounds it. They do not overlap; parts whose common frame costs no more than they
// do are one. Pure.
std::vector<Area> FindAreas(std::span<const float> probabilities, PixelSize map, PixelSize picture, float threshold);

// `areas` with those enlarged whose map (of `probabilities`, of the whole picture and its size) has a pixel above
// `threshold` at an edge that is not the picture's: what lies there goes on outside. The same areas when there is none.
std::vector<Area> GrowWhereCut(std::span<const float> probabilities, PixelSize picture, std::vector<Area> areas,
                               float threshold);

// Pixels in `areas` together.
int64_t PixelsIn(std::span<const Area> areas);

}  // namespace calotype
