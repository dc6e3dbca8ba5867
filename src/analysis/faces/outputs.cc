#include "analysis/faces/outputs.h"

#include <fmt/format.h>

namespace calotype {

StatusOr<std::span<const float>> FindOutput(std::span<const Tensor> outputs, std::size_t rows, std::size_t columns) {
  for (const Tensor& output : outputs) {
    if (output.type() == ElementType::kFloat32 && !output.shape().empty() &&
        output.shape().back() == static_cast<int64_t>(columns) && output.elements() == rows * columns) {
      return output.data<float>();
    }
  }
  return absl::InternalError(
      fmt::format("the face detector's {} outputs lack one of float32 [{}, {}]", outputs.size(), rows, columns));
}

}  // namespace calotype
