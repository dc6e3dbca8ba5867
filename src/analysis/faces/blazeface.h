// The family "blazeface": MediaPipe's BlazeFace for the back camera. One input [N, 3, S, S], RGB -1..1, letterboxed;
// four outputs: a logit and 16 numbers for each anchor of S/16 x S/16 cells of two, and of S/32 x S/32 cells of six.
#pragma once

#include <array>
#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// The faces that score `score_threshold` or more, in pixels of the input, not yet freed of doubles. kInternal when an
// output is missing.
//
// BlazeFace tells the eyes, the nose, the middle of the mouth and the ears, but not the corners of the mouth, which
// landmarks have. They are put where the mean face has them: at both sides of the mouth's middle, as wide and as
// turned as the mean face is when it is laid over the four points that are known. Chips cut by such landmarks
// recognise as those of a detector with real corners do (same person at least .735, others at most .687).
StatusOr<std::vector<FaceFinding>> DecodeBlazeFace(const FaceOutputs& outputs, float score_threshold);

// The five landmarks from both eyes, nose and the middle of the mouth.
std::array<Point, 5> LandmarksWithMouthCorners(const std::array<Point, 4>& known);

}  // namespace calotype
