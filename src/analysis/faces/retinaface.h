// The family "retinaface": RetinaFace with a MobileNet or ResNet-50 backbone, in the layout of its PyTorch port
// (biubug6, Pytorch_Retinaface). One input [1, 3, H, W]: BGR minus the mean of the training photos. Three outputs for N
// anchors: boxes [1, N, 4], no-face and face [1, N, 2] after softmax, points [1, N, 10].
#pragma once

#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// Returns the faces that score at least `score_threshold`, in pixels of the input, before non-maximum suppression.
// Outputs are identified by their shapes. Returns kInternal when one is missing.
StatusOr<std::vector<FaceFinding>> DecodeRetinaFace(const FaceOutputs& outputs, float score_threshold);

}  // namespace calotype
