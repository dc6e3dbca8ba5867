// Finding a face detector's outputs by their shape: exporters name and order them as they like.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "inference/tensor.h"

namespace calotype {

// The float output of `rows` rows of `columns` numbers, with or without a batch of one before; kInternal when there is
// none.
StatusOr<std::span<const float>> FindOutput(std::span<const Tensor> outputs, std::size_t rows, std::size_t columns);

}  // namespace calotype
