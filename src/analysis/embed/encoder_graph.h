// Shared by the image and text encoders: finding a graph's tensors by name, and vectors of unit length.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/tensor.h"

namespace calotype {

// Returns the index of the input or output called `name`. Returns kInvalidArgument with the existing names when there
// is none.
StatusOr<std::size_t> FindTensor(std::span<const TensorInfo> tensors, std::string_view name);

// Calls Session::Run() and checks that it returned one tensor per output.
StatusOr<std::vector<Tensor>> RunGraph(Session& session, std::span<const Tensor> inputs);

// Returns `tensor`, the output `name` with one row, scaled to unit length. Returns kInvalidArgument when it does not
// have `dimension` numbers (0: any), kInternal when all numbers are zero or one is not finite.
StatusOr<std::vector<float>> UnitVector(const Tensor& tensor, std::string_view name, int dimension);

}  // namespace calotype
