#include "analysis/ocr/network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace calotype {

StatusOr<Tensor> RunNetwork(Session& session, const Tensor& batch, std::size_t rank) {
  if (session.inputs().size() != 1 || session.outputs().size() != 1) {
    return absl::InvalidArgumentError(fmt::format("the graph has {} inputs and {} outputs; one of each is needed",
                                                  session.inputs().size(), session.outputs().size()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, session.Run({&batch, 1}));
  if (outputs.size() != 1) {
    return absl::InternalError(fmt::format("the engine gave {} tensors for one output", outputs.size()));
  }
  Tensor& output = outputs.front();
  if (output.type() != ElementType::kFloat32 || output.shape().size() != rank || output.dim(0) != batch.dim(0)) {
    return absl::InvalidArgumentError(
        fmt::format("the output {} is {} [{}]; float32 with {} dimensions, the first of size {}, is needed",
                    session.outputs().front().name, ElementTypeName(output.type()), fmt::join(output.shape(), ", "),
                    rank, batch.dim(0)));
  }
  return std::move(output);
}

StatusOr<int> IntBetween(const ModelParams& params, std::string_view key, int least, int most) {
  CALOTYPE_ASSIGN_OR_RETURN(const int value, params.Int(key));
  if (value < least || value > most) {
    return absl::InvalidArgumentError(fmt::format("{} is {}; {} to {} is allowed", key, value, least, most));
  }
  return value;
}

StatusOr<double> NumberBetween(const ModelParams& params, std::string_view key, double least, double most) {
  CALOTYPE_ASSIGN_OR_RETURN(const double value, params.Double(key));
  if (!(value >= least && value <= most)) {
    return absl::InvalidArgumentError(fmt::format("{} is {}; {} to {} is allowed", key, value, least, most));
  }
  return value;
}

StatusOr<Normalisation> ReadPaddleNormalisation(const ModelParams& params) {
  CALOTYPE_ASSIGN_OR_RETURN(const double mean, NumberBetween(params, "mean", 0, 1));
  CALOTYPE_ASSIGN_OR_RETURN(const double std, NumberBetween(params, "std", 1e-3, 1));
  const auto scaled_mean = static_cast<float>(mean * 255);
  const auto scaled_std = static_cast<float>(std * 255);
  return Normalisation{
      .mean = {scaled_mean, scaled_mean, scaled_mean}, .std = {scaled_std, scaled_std, scaled_std}, .bgr = true};
}

}  // namespace calotype
