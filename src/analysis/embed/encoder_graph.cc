#include "analysis/embed/encoder_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <string>

namespace calotype {

StatusOr<std::size_t> FindTensor(std::span<const TensorInfo> tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors, name, &TensorInfo::name);
  if (found == tensors.end()) {
    std::vector<std::string> names;
    std::ranges::transform(tensors, std::back_inserter(names), &TensorInfo::name);
    return absl::InvalidArgumentError(fmt::format(
        "the model has no input or output named {}; it has {}: export it with that name, or use another model", name,
        fmt::join(names, ", ")));
  }
  return static_cast<std::size_t>(found - tensors.begin());
}

StatusOr<std::vector<Tensor>> RunGraph(Session& session, std::span<const Tensor> inputs) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, session.Run(inputs));
  if (outputs.size() != session.outputs().size()) {
    return absl::InternalError(
        fmt::format("the engine returned {} tensors for {} outputs", outputs.size(), session.outputs().size()));
  }
  return outputs;
}

StatusOr<std::vector<float>> UnitVector(const Tensor& tensor, std::string_view name, int dimension) {
  const bool row = !tensor.shape().empty() && tensor.elements() > 0 &&
                   tensor.elements() == static_cast<std::size_t>(tensor.shape().back());
  if (tensor.type() != ElementType::kFloat32 ||
      (dimension > 0 ? tensor.elements() != static_cast<std::size_t>(dimension) : !row)) {
    return absl::InvalidArgumentError(fmt::format(
        "the model's output {} is {} [{}]; expected one row of {}", name, ElementTypeName(tensor.type()),
        fmt::join(tensor.shape(), ", "),
        dimension > 0 ? fmt::format("{} float32 numbers (params.dimension)", dimension) : "float32 numbers"));
  }
  const std::span<const float> values = tensor.data<float>();
  const double length = std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
  if (!std::isfinite(length) || length <= 0) {
    return absl::InternalError(fmt::format("{} has the length {}", name, length));
  }
  std::vector<float> unit(values.size());
  std::ranges::transform(values, unit.begin(), [length](float v) { return static_cast<float>(v / length); });
  return unit;
}

}  // namespace calotype
