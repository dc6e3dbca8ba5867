// The family "yunet": YuNet as published in OpenCV's model zoo since 2023 (face_detection_yunet_2023mar). One input [1,
// 3, H, W]: BGR 0..255. For each stride S of 8, 16 and 32 pixels, the outputs cls_S and obj_S [1, N, 1], bbox_S [1, N,
// 4] and kps_S [1, N, 10], with one row per position.
#pragma once

#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// Returns the faces that score at least `score_threshold`, in pixels of the input, before non-maximum suppression.
// Outputs are identified by name, since some have the same shape. Returns kInternal when one is missing.
StatusOr<std::vector<FaceFinding>> DecodeYuNet(const FaceOutputs& outputs, float score_threshold);

}  // namespace calotype
