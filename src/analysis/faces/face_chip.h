// Faces cut out upright, at one size, with eyes and mouth always at the same places: what recognition compares.
#pragma once

#include <array>

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// Eye, eye, nose tip, mouth corner, mouth corner of the mean face over a unit square: dlib's mean shape of 68 points
// (get_face_chip_details), reduced to these five; the eyes are the means of their outlines.
inline constexpr std::array<Point, 5> kMeanFace = {Point{0.22549F, 0.21599F}, Point{0.75476F, 0.21599F},
                                                   Point{0.490127F, 0.515625F}, Point{0.254149F, 0.780233F},
                                                   Point{0.726104F, 0.780233F}};

// Where the landmarks lie in a chip of size x size pixels whose unit square has a margin of `padding` of its side.
std::array<Point, 5> ChipLandmarks(int size, float padding);

// The face with `landmarks` (in pixels of `image`) as a chip; black where the photo ends.
Image CutFaceChip(const Image& image, const std::array<Point, 5>& landmarks, int size, float padding);

}  // namespace calotype
