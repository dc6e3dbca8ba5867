// What every engine holds the tensors of a Run() against, in the same words.
#pragma once

#include <span>
#include <vector>

#include "base/status.h"
#include "inference/engine.h"

namespace calotype {

// kInvalidArgument when number, type or a dimension that is not free differ from what the model takes.
Status CheckInputs(const std::vector<TensorInfo>& wanted, std::span<const Tensor> given);

}  // namespace calotype
