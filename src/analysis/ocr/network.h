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

// The number that `params` has for `key`. kInvalidArgument when it is not between `least` and `most`.
StatusOr<int> IntBetween(const ModelParams& params, std::string_view key, int least, int most);
StatusOr<double> NumberBetween(const ModelParams& params, std::string_view key, double least, double most);

// `mean` and `std`, one number each on a scale of 0 to 1, for all three channels, blue first.
StatusOr<Normalisation> ReadPaddleNormalisation(const ModelParams& params);

}  // namespace calotype
