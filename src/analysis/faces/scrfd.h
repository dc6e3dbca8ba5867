// The family "scrfd": faces with five landmarks from three levels of anchors (InsightFace, SCRFD, 2021). One input
// [1, 3, S, S], letterboxed; nine outputs: score, box and points for each stride of 8, 16 and 32 pixels.
#pragma once

#include <span>
#include <vector>

#include "analysis/findings.h"
#include "base/status.h"
#include "inference/tensor.h"

namespace calotype {

// The faces that score `score_threshold` or more, in pixels of the square, not yet freed of doubles. Outputs are told
// apart by their shapes, in whatever order they come: S/8 x S/8 x 2 scores are those of stride 8, and so on.
// kInternal when one is missing.
StatusOr<std::vector<FaceFinding>> DecodeScrfd(std::span<const Tensor> outputs, int input_size, float score_threshold);

}  // namespace calotype
