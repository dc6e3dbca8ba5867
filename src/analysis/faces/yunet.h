// The family "yunet": YuNet as OpenCV's model zoo has it since 2023 (face_detection_yunet_2023mar). One input
// [1, 3, H, W], blue first, 0..255; for each stride S of 8, 16 and 32 pixels the outputs cls_S and obj_S [1, N, 1],
// bbox_S [1, N, 4] and kps_S [1, N, 10], one row for each place.
#pragma once

#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// The faces that score `score_threshold` or more, in pixels of the input, not yet freed of doubles. kInternal when an
// output is missing: two have the same shape, so they go by their names.
StatusOr<std::vector<FaceFinding>> DecodeYuNet(const FaceOutputs& outputs, float score_threshold);

}  // namespace calotype
