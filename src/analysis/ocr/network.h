// What the three networks of text recognition have in common: one image tensor in, one tensor of numbers out.
#pragma once

#include <string_view>

#include "analysis/image_ops.h"
#include "base/status.h"
#include "inference/engine.h"
#include "models/pack.h"

namespace calotype {

// The one output of `session` for its one input, whatever their names: [batch.dim(0), ...] float32 with `rank`
// dimensions. kInvalidArgument when the graph takes or gives something else.
StatusOr<Tensor> RunNetwork(Session& session, const Tensor& batch, std::size_t rank);

// The number that `params` has for `key`, else `fallback`. kInvalidArgument when it is not between `least` and `most`.
StatusOr<int> IntBetween(const ModelParams& params, std::string_view key, int least, int most, int fallback);
StatusOr<double> NumberBetween(const ModelParams& params, std::string_view key, double least, double most,
                               double fallback);

// `mean` and `std` on a scale of 0 to 1: one number for all three channels, or one for each, blue first. One half where
// they are missing, as PP-OCR's recognisers and RapidOCR have it.
StatusOr<Normalisation> ReadPaddleNormalisation(const ModelParams& params);

}  // namespace calotype
