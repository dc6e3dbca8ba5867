// The family "scrfd": faces with five landmarks from several levels of anchors (InsightFace, SCRFD, 2021). One input
// [1, 3, H, W], letterboxed. Each level has a score, a box and points as outputs. As in insightface, the number of
// outputs identifies the layout: nine have strides of 8, 16 and 32 pixels with two anchors per position, fifteen have
// strides of 8 to 128 with one anchor; files without keypoints have six or ten.
#pragma once

#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// Returns the faces that score at least `score_threshold`, in pixels of the input, before non-maximum suppression.
// Outputs may come in any order: they are identified by their shapes (W/8 x H/8 x 2 scores have stride 8, and so on).
// Returns kInternal when one is missing or their number is none of those above. Files without keypoints give faces
// without landmarks.
StatusOr<std::vector<FaceFinding>> DecodeScrfd(const FaceOutputs& outputs, float score_threshold);

}  // namespace calotype
