// Cuts out faces upright and at one size, with eyes and mouth always at the same place, as recognition models need
// them.
#pragma once

#include <array>

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

// Left eye (left in the image), right eye, nose tip, left and right mouth corner of the mean face in a unit square:
// dlib's mean shape of 68 points (get_face_chip_details) reduced to these five. Each eye is the mean of its outline.
inline constexpr std::array<Point, 5> kMeanFace = {Point{0.22549F, 0.21599F}, Point{0.75476F, 0.21599F},
                                                   Point{0.490127F, 0.515625F}, Point{0.254149F, 0.780233F},
                                                   Point{0.726104F, 0.780233F}};

// The landmarks in a chip of size x size pixels, when the unit square has a margin of `padding` times its side.
std::array<Point, 5> ChipLandmarks(int size, float padding);

// The landmarks that InsightFace's recognisers need, in chips of 112 pixels (insightface.utils.face_align.arcface_dst);
// OpenCV's FaceRecognizerSF uses the same. Unlike elsewhere in Calotype, (0, 0) is the centre of the first pixel.
inline constexpr std::array<Point, 5> kArcFace = {Point{38.2946F, 51.6963F}, Point{73.5318F, 51.5014F},
                                                  Point{56.0252F, 71.7366F}, Point{41.5493F, 92.3655F},
                                                  Point{70.7299F, 92.2041F}};

// Cuts the face out as insightface's norm_crop does: a chip of size x size pixels, bilinear, black beyond the photo.
// `landmarks` are in pixels of the upright original; one pixel of `image` stands for scale_x x scale_y pixels of the
// original. As in InsightFace, (0, 0) of the landmarks is taken as the centre of the first pixel.
Image CutArcFaceChip(const Image& image, const std::array<Point, 5>& landmarks, float scale_x, float scale_y, int size);

// Cuts out the face with `landmarks` (here in pixels of `image`) as a chip as in ChipLandmarks(size, padding); black
// beyond the photo.
Image CutFaceChip(const Image& image, const std::array<Point, 5>& landmarks, int size, float padding);

}  // namespace calotype
