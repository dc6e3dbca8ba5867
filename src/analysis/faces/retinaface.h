// The family "retinaface": RetinaFace with a MobileNet or ResNet-50 backbone in the layout of its PyTorch port
// (biubug6, Pytorch_Retinaface). One input [1, 3, H, W], blue first, less the mean of the training photos; three
// outputs of N anchors: boxes [1, N, 4], no-face and face [1, N, 2] after softmax, points [1, N, 10].
#pragma once

#include <vector>

#include "analysis/faces/outputs.h"
#include "analysis/findings.h"
#include "base/status.h"

namespace calotype {

// The faces that score `score_threshold` or more, in pixels of the input, not yet freed of doubles. Outputs are told
// apart by their shapes. kInternal when one is missing.
StatusOr<std::vector<FaceFinding>> DecodeRetinaFace(const FaceOutputs& outputs, float score_threshold);

}  // namespace calotype
