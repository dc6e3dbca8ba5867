// Finds a face detector's outputs by their shape, because exporters choose names and order freely.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/tensor.h"

namespace calotype {

// The outputs of a detector for an input of width x height pixels.
struct FaceOutputs {
  std::span<const TensorInfo> infos;  // from the graph; may be empty if shapes are enough to tell outputs apart
  std::span<const Tensor> tensors;
  int width = 0;
  int height = 0;

  std::size_t cells(int stride) const {
    return static_cast<std::size_t>(width / stride) * static_cast<std::size_t>(height / stride);
  }
};

// Returns the float output called `name` that has `rows` rows of `columns` numbers, with or without a leading batch
// dimension of 1. Returns kInternal when there is none.
StatusOr<std::span<const float>> FindNamedOutput(const FaceOutputs& outputs, std::string_view name, std::size_t rows,
                                                 std::size_t columns);

// Returns the float output that has `rows` rows of `columns` numbers, with or without a leading batch dimension of 1.
// Returns kInternal when there is none.
StatusOr<std::span<const float>> FindOutput(std::span<const Tensor> outputs, std::size_t rows, std::size_t columns);

}  // namespace calotype
