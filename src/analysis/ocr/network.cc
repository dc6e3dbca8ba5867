#include "analysis/ocr/network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <vector>

namespace calotype {

bool PreparesForShapes(const Session& session) {
  const DeviceInfo device = session.device();
  return device.device == "cpu" && device.engine.starts_with("openvino");
}

StatusOr<Tensor> RunNetwork(Session& session, const Tensor& batch, std::size_t rank) {
  if (session.inputs().size() != 1 || session.outputs().size() != 1) {
    return absl::InvalidArgumentError(fmt::format("the graph has {} inputs and {} outputs; expected one of each",
                                                  session.inputs().size(), session.outputs().size()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, session.Run({&batch, 1}));
  if (outputs.size() != 1) {
    return absl::InternalError(fmt::format("the engine returned {} tensors for one output", outputs.size()));
  }
  Tensor& output = outputs.front();
  if (output.type() != ElementType::kFloat32 || output.shape().size() != rank || output.dim(0) != batch.dim(0)) {
    return absl::InvalidArgumentError(
        fmt::format("the output {} is {} [{}]; expected float32 with {} dimensions, the first of size {}",
                    session.outputs().front().name, ElementTypeName(output.type()), fmt::join(output.shape(), ", "),
                    rank, batch.dim(0)));
  }
  return std::move(output);
}

StatusOr<int> IntBetween(const ModelParams& params, std::string_view key, int least, int most, int fallback) {
  CALOTYPE_ASSIGN_OR_RETURN(const int value, params.IntOr(key, fallback));
  if (value < least || value > most) {
    return absl::InvalidArgumentError(fmt::format("{} is {}; it must be {} to {}", key, value, least, most));
  }
  return value;
}

StatusOr<double> NumberBetween(const ModelParams& params, std::string_view key, double least, double most,
                               double fallback) {
  CALOTYPE_ASSIGN_OR_RETURN(const double value, params.DoubleOr(key, fallback));
  if (!(value >= least && value <= most)) {
    return absl::InvalidArgumentError(fmt::format("{} is {}; it must be {} to {}", key, value, least, most));
  }
  return value;
}

namespace {

// One number for all channels, or three.
StatusOr<std::array<float, 3>> ReadChannels(const ModelParams& params, std::string_view key, double least) {
  constexpr float kScale = 255;
  std::array<float, 3> channels{};
  StatusOr<std::vector<float>> each = params.Floats(key, channels.size());
  if (!each.ok()) {
    CALOTYPE_ASSIGN_OR_RETURN(const double all, NumberBetween(params, key, least, 1, 0.5));
    channels.fill(static_cast<float>(all * kScale));
    return channels;
  }
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const float value = (*each)[i];
    if (!(value >= least && value <= 1)) {
      return absl::InvalidArgumentError(fmt::format("{} has {}; it must be {} to 1", key, value, least));
    }
    channels[i] = value * kScale;
  }
  return channels;
}

}  // namespace

StatusOr<Normalisation> ReadPaddleNormalisation(const ModelParams& params) {
  Normalisation normalisation{.bgr = true};
  CALOTYPE_ASSIGN_OR_RETURN(normalisation.mean, ReadChannels(params, "mean", 0));
  CALOTYPE_ASSIGN_OR_RETURN(normalisation.std, ReadChannels(params, "std", 1e-3));
  return normalisation;
}

}  // namespace calotype
