// The family "centernet": MobileNetV3-CenterNet with its peaks picked inside the graph. One input [N, 3, S, S], RGB
// 0..1, letterboxed; one output [N, K, 6]: left, top, right, bottom in pixels of the square, score, class.
#pragma once

#include <memory>
#include <vector>

#include "analysis/boxes.h"
#include "analysis/detect/detector.h"
#include "base/status.h"
#include "inference/tensor.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

struct CenterNetParams {
  int input_size = 0;
  float score_threshold = 0;
  float nms_iou = 0;
};

// The parameters "input_size" (512), "score_threshold" (0.4) and "nms_iou" (0.5); kInvalidArgument for a senseless one.
StatusOr<CenterNetParams> ReadCenterNetParams(const ModelParams& params);

struct CenterNetInput {
  Tensor tensor;    // [1, 3, S, S]
  float scale = 1;  // pixels of the square per pixel of the image
};
CenterNetInput PrepareCenterNet(const Image& image, const CenterNetParams& params);

// What the first photo of the batch shows, best first, boxes in pixels of the image that `scale` was made for, not yet
// clipped. kInternal when the output has another shape than the family's.
StatusOr<std::vector<Candidate>> DecodeCenterNet(const Tensor& output, float scale, const CenterNetParams& params);

// Labels: the file that the parameter "labels" names.
StatusOr<std::unique_ptr<const ObjectDetector>> CreateCenterNet(const ModelSpec& spec);

}  // namespace calotype
