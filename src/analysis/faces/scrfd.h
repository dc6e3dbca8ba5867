// The family "scrfd": faces with five landmarks from levels of anchors (InsightFace, SCRFD, 2021). One input [1, 3, H,
// W], letterboxed; for each level a score, a box and points. How many outputs there are says what they are, as for
// insightface: nine have strides of 8, 16 and 32 pixels with two anchors in each place, fifteen strides of 8 to 128
// with one; files without keypoints have six or ten.
#pragma once

#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// The faces that score `score_threshold` or more, in pixels of the input, not yet freed of doubles. Outputs are told
// apart by their shapes, in whatever order they come: W/8 x H/8 x 2 scores are those of stride 8, and so on.
// kInternal when one is missing or their number is none of those. Files without keypoints give faces without landmarks.
StatusOr<std::vector<FaceFinding>> DecodeScrfd(const FaceOutputs& outputs, float score_threshold);

}  // namespace calotype
