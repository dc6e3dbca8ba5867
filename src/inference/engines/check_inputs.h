// Checks the inputs of Session::Run(), with the same messages for every engine.
#pragma once

#include <span>
#include <vector>

#include "base/status.h"
#include "inference/engine.h"

namespace calotype {

// kInvalidArgument if the number of tensors, a type or a fixed dimension differs from what the model expects.
Status CheckInputs(const std::vector<TensorInfo>& wanted, std::span<const Tensor> given);

}  // namespace calotype
