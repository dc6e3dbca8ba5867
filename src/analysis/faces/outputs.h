// Finding a face detector's outputs by their shape: exporters name and order them as they like.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/tensor.h"

namespace calotype {

// What a detector answered about an input of width x height pixels.
struct FaceOutputs {
  std::span<const TensorInfo> infos;  // as the graph states them; may be empty where shapes are enough
  std::span<const Tensor> tensors;
  int width = 0;
  int height = 0;

  std::size_t cells(int stride) const {
    return static_cast<std::size_t>(width / stride) * static_cast<std::size_t>(height / stride);
  }
};

// The float output called `name`, of `rows` rows of `columns` numbers, with or without a batch of one before;
// kInternal when there is none.
StatusOr<std::span<const float>> FindNamedOutput(const FaceOutputs& outputs, std::string_view name, std::size_t rows,
                                                 std::size_t columns);

// The float output of `rows` rows of `columns` numbers, with or without a batch of one before; kInternal when there is
// none.
StatusOr<std::span<const float>> FindOutput(std::span<const Tensor> outputs, std::size_t rows, std::size_t columns);

}  // namespace calotype
