// The family "blazeface": MediaPipe's BlazeFace for the back camera. One input [N, 3, S, S]: RGB -1..1, letterboxed.
// Four outputs: a logit and 16 numbers per anchor, for a grid of S/16 x S/16 cells with two anchors each and a grid of
// S/32 x S/32 cells with six.
#pragma once

#include <array>
#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// Returns the faces that score at least `score_threshold`, in pixels of the input, before non-maximum suppression.
// Returns kInternal when an output is missing.
//
// BlazeFace detects the eyes, the nose, the centre of the mouth and the ears, but not the mouth corners, which
// landmarks need. They are placed where the mean face has them, on both sides of the mouth's centre, after fitting the
// mean face to the four known points. Face chips cut by these landmarks are recognised as well as chips cut by real
// mouth corners (cosine of the same person at least .735, of different persons at most .687).
StatusOr<std::vector<FaceFinding>> DecodeBlazeFace(const FaceOutputs& outputs, float score_threshold);

// Returns the five landmarks for both eyes, the nose and the centre of the mouth.
std::array<Point, 5> LandmarksWithMouthCorners(const std::array<Point, 4>& known);

}  // namespace calotype
