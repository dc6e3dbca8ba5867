#include "analysis/faces/outputs.h"

#include <fmt/format.h>

#include <algorithm>

namespace calotype {

namespace {

bool Fits(const Tensor& output, std::size_t rows, std::size_t columns) {
  return output.type() == ElementType::kFloat32 && !output.shape().empty() &&
         output.shape().back() == static_cast<int64_t>(columns) && output.elements() == rows * columns;
}

}  // namespace

StatusOr<std::span<const float>> FindNamedOutput(const FaceOutputs& outputs, std::string_view name, std::size_t rows,
                                                 std::size_t columns) {
  const auto found = std::ranges::find(outputs.infos, name, &TensorInfo::name);
  const auto index = static_cast<std::size_t>(found - outputs.infos.begin());
  if (found == outputs.infos.end() || index >= outputs.tensors.size() || !Fits(outputs.tensors[index], rows, columns)) {
    return absl::InternalError(fmt::format("the face detector has {} outputs, but not {} with float32 [{}, {}]",
                                           outputs.tensors.size(), name, rows, columns));
  }
  return outputs.tensors[index].data<float>();
}

StatusOr<std::span<const float>> FindOutput(std::span<const Tensor> outputs, std::size_t rows, std::size_t columns) {
  for (const Tensor& output : outputs) {
    if (Fits(output, rows, columns)) {
      return output.data<float>();
    }
  }
  return absl::InternalError(
      fmt::format("none of the face detector's {} outputs is float32 [{}, {}]", outputs.size(), rows, columns));
}

}  // namespace calotype
