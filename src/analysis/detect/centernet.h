// The family "centernet": MobileNetV3-CenterNet, whose graph includes picking the peaks of the heat map. One input [N,
// 3, S, S]: RGB 0..1, letterboxed. One output [N, K, 6]: left, top, right, bottom in pixels of the square, score,
// class.
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

// Reads "input_size" (512), "score_threshold" (0.4) and "nms_iou" (0.5). Returns kInvalidArgument for a value out of
// range.
StatusOr<CenterNetParams> ReadCenterNetParams(const ModelParams& params);

struct CenterNetInput {
  Tensor tensor;    // [1, 3, S, S]
  float scale = 1;  // pixels of the square per pixel of the image
};
CenterNetInput PrepareCenterNet(const Image& image, const CenterNetParams& params);

// Returns the objects of the first photo of the batch, best first. Boxes are in pixels of the image for which `scale`
// was computed, not clipped. Returns kInternal when the output's shape is not that of the family.
StatusOr<std::vector<Candidate>> DecodeCenterNet(const Tensor& output, float scale, const CenterNetParams& params);

// The labels come from the file that the parameter "labels" names.
StatusOr<std::unique_ptr<const ObjectDetector>> CreateCenterNet(const ModelSpec& spec);

}  // namespace calotype
