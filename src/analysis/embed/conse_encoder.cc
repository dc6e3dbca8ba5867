// The family "conse": ConSE (Norouzi et al. 2014), a classifier whose classes have word vectors.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "analysis/embed/encoder_graph.h"
#include "analysis/embed/image_encoder.h"
#include "analysis/embed/image_input.h"
#include "analysis/image_ops.h"
#include "analysis/labels.h"

namespace calotype {
namespace {

constexpr std::string_view kVectorOutput = "image_embedding";
constexpr std::string_view kClassOutput = "class_probs";

struct Settings {
  int input_size = 0;
  int resize_short = 0;
  int dimension = 0;
  Normalisation normalisation;
  std::string space;
  std::vector<std::string> labels;
  float tag_threshold = 0;
};

// Manifests give means and deviations on a scale of 0 to 1, as is usual for networks.
StatusOr<std::array<float, 3>> ReadChannels(const ModelParams& params, std::string_view key) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<float> values, params.Floats(key, 3));
  return std::array<float, 3>{values[0] * 255, values[1] * 255, values[2] * 255};
}

Status Check(const Settings& settings) {
  const bool sizes = settings.input_size > 0 && settings.input_size <= settings.resize_short &&
                     settings.resize_short <= 4096 && settings.dimension > 0;
  if (!sizes) {
    return absl::InvalidArgumentError(
        fmt::format("input_size {}, resize_short {}, dimension {}; required: 0 < input_size <= resize_short <= 4096 "
                    "and dimension > 0",
                    settings.input_size, settings.resize_short, settings.dimension));
  }
  if (std::ranges::any_of(settings.normalisation.std, [](float std) { return !(std > 0); })) {
    return absl::InvalidArgumentError("every number of std must be above 0");
  }
  return absl::OkStatus();
}

StatusOr<Settings> Read(const ModelSpec& encoder) {
  const ModelParams& params = encoder.params;
  Settings settings;
  CALOTYPE_ASSIGN_OR_RETURN(settings.input_size, params.Int("input_size"));
  CALOTYPE_ASSIGN_OR_RETURN(settings.resize_short, params.Int("resize_short"));
  CALOTYPE_ASSIGN_OR_RETURN(settings.dimension, params.Int("dimension"));
  CALOTYPE_ASSIGN_OR_RETURN(settings.normalisation.mean, ReadChannels(params, "mean"));
  CALOTYPE_ASSIGN_OR_RETURN(settings.normalisation.std, ReadChannels(params, "std"));
  CALOTYPE_ASSIGN_OR_RETURN(settings.space, params.Text("space"));
  CALOTYPE_ASSIGN_OR_RETURN(settings.labels, ReadLabels(encoder, "labels"));
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, params.Double("tag_threshold"));
  settings.tag_threshold = static_cast<float>(threshold);
  if (const Status status = Check(settings); !status.ok()) {
    return Annotate(status, fmt::format("model {}", encoder.name));
  }
  return settings;
}

StatusOr<EmbeddingFinding> EncodePhoto(Session& session, const Image& photo, const Settings& settings) {
  CALOTYPE_RETURN_IF_ERROR(FindTensor(session.inputs(), "pixel_values").status());
  if (session.inputs().size() != 1) {
    return absl::InvalidArgumentError(
        fmt::format("the model has {} inputs; expected only pixel_values", session.inputs().size()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::size_t vector_index, FindTensor(session.outputs(), kVectorOutput));
  CALOTYPE_ASSIGN_OR_RETURN(const std::size_t class_index, FindTensor(session.outputs(), kClassOutput));
  const Image square = CentreSquare(photo, settings.resize_short, settings.input_size);
  if (square.empty()) {
    return absl::InvalidArgumentError("the image is empty");
  }
  const Tensor input = ToTensor({&square, 1}, settings.normalisation);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunGraph(session, {&input, 1}));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<float> vector,
                            UnitVector(outputs[vector_index], kVectorOutput, settings.dimension));
  const Tensor& classes = outputs[class_index];
  if (classes.type() != ElementType::kFloat32 || classes.elements() != settings.labels.size()) {
    return absl::InvalidArgumentError(fmt::format("{} has {} {} numbers for {} labels; expected one float32 per label",
                                                  kClassOutput, classes.elements(), ElementTypeName(classes.type()),
                                                  settings.labels.size()));
  }
  return EmbeddingFinding{.space = settings.space,
                          .vector = std::move(vector),
                          .tags = TagsAbove(classes.data<float>(), settings.labels, settings.tag_threshold)};
}

class ConseEncoder final : public ImageEncoder {
 public:
  explicit ConseEncoder(Settings settings) : settings_(std::move(settings)) {}

  StatusOr<EmbeddingFinding> Encode(Session& session, const Image& photo) const override {
    return EncodePhoto(session, photo, settings_);
  }

 private:
  const Settings settings_;
};

}  // namespace

StatusOr<std::shared_ptr<const ImageEncoder>> ReadConseEncoder(const ModelSpec& encoder) {
  CALOTYPE_ASSIGN_OR_RETURN(Settings settings, Read(encoder));
  return std::make_shared<const ConseEncoder>(std::move(settings));
}

}  // namespace calotype
