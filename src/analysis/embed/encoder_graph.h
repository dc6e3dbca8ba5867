// What image and text encoders share: a graph's tensors by name, and vectors of unit length.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/tensor.h"

namespace calotype {

// The index of `name` among the inputs or outputs of a graph. kInvalidArgument that names those that there are.
StatusOr<std::size_t> FindTensor(std::span<const TensorInfo> tensors, std::string_view name);

// Session::Run(), held to its promise of one tensor per output.
StatusOr<std::vector<Tensor>> RunGraph(Session& session, std::span<const Tensor> inputs);

// `tensor`, the output `name` of one row, as a vector of unit length. kInvalidArgument when it has not `dimension`
// numbers (0: as many as it has), kInternal when they have no direction: all zero, or one is not finite.
StatusOr<std::vector<float>> UnitVector(const Tensor& tensor, std::string_view name, int dimension);

}  // namespace calotype
