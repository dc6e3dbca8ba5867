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

// Where InsightFace's recognisers want them, for chips of 112 pixels (insightface.utils.face_align.arcface_dst);
// OpenCV's FaceRecognizerSF has the same. Unlike all else here these are centres of pixels: (0, 0) is that of the first
// one.
inline constexpr std::array<Point, 5> kArcFace = {Point{38.2946F, 51.6963F}, Point{73.5318F, 51.5014F},
                                                  Point{56.0252F, 71.7366F}, Point{41.5493F, 92.3655F},
                                                  Point{70.7299F, 92.2041F}};

// The face as insightface's norm_crop cuts it, in a chip of size x size pixels, bilinear; black where the photo ends.
// `landmarks` in pixels of the upright original, of which `image` has one for `scale_x` times `scale_y`. The landmarks
// are read as centres of pixels, as InsightFace reads them.
Image CutArcFaceChip(const Image& image, const std::array<Point, 5>& landmarks, float scale_x, float scale_y, int size);

// The face with `landmarks` (in pixels of `image`) as a chip; black where the photo ends.
Image CutFaceChip(const Image& image, const std::array<Point, 5>& landmarks, int size, float padding);

}  // namespace calotype
