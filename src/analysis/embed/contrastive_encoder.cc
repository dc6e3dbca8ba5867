#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/embed/encoder_graph.h"
#include "analysis/embed/encoder_inputs.h"
#include "analysis/embed/image_encoder.h"
#include "analysis/embed/photo_preparation.h"

namespace calotype {
namespace {

// SigLIP's pooled vector is its embedding; CLIP's still has to be projected into the space of text.
constexpr std::array<std::string_view, 5> kOutputs = {"image_embeds", "embedding", "image_embedding", "image_features",
                                                      "pooler_output"};
constexpr std::size_t kClipOutputs = 4;

struct Settings {
  PhotoPreparation preparation;
  std::span<const std::string_view> outputs;
  int dimension = 0;  // 0: that of the graph
  std::string space;
};

class ContrastiveEncoder final : public ImageEncoder {
 public:
  explicit ContrastiveEncoder(Settings settings) : settings_(std::move(settings)) {}

  StatusOr<EmbeddingFinding> Encode(Session& session, const Image& photo) const override {
    if (photo.empty()) {
      return absl::InvalidArgumentError("the image is empty");
    }
    CALOTYPE_ASSIGN_OR_RETURN(const TensorInfo* const pixels, FindInput(session, InputRole::kPixels));
    CALOTYPE_ASSIGN_OR_RETURN(const std::size_t index, ChooseOutput(session.outputs(), settings_.outputs));
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoPreparation preparation, PreparationFor(*pixels));
    const Image square = Prepare(photo, preparation);
    std::vector<Tensor> inputs;
    for (const TensorInfo& input : session.inputs()) {
      CALOTYPE_ASSIGN_OR_RETURN(Tensor tensor, &input == pixels ? PixelTensor(input, square, preparation.normalisation)
                                                                : FillerTensor(input, kUsualSide));
      inputs.push_back(std::move(tensor));
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunGraph(session, inputs));
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<float> vector,
                              UnitVector(outputs[index], session.outputs()[index].name, settings_.dimension));
    return EmbeddingFinding{.space = settings_.space, .vector = std::move(vector), .tags = {}};
  }

 private:
  // A configured size must be one that the graph accepts.
  StatusOr<PhotoPreparation> PreparationFor(const TensorInfo& pixels) const {
    CALOTYPE_ASSIGN_OR_RETURN(const int side, PixelSide(pixels));
    PhotoPreparation preparation = settings_.preparation;
    if (side > 0 && preparation.size > 0 && side != preparation.size) {
      return absl::InvalidArgumentError(
          fmt::format("input_size is {}, but the model's input {} has {} pixels", preparation.size, pixels.name, side));
    }
    if (preparation.size == 0) {
      preparation.size = side > 0 ? side : kUsualSide;
    }
    return preparation;
  }

  const Settings settings_;
};

StatusOr<Settings> Read(const ModelSpec& encoder) {
  const bool siglip = encoder.family == "siglip";
  Settings settings;
  CALOTYPE_ASSIGN_OR_RETURN(settings.preparation,
                            ReadPreparation(encoder, siglip ? SiglipPreparation() : ClipPreparation()));
  CALOTYPE_ASSIGN_OR_RETURN(settings.dimension, encoder.params.IntOr("dimension", 0));
  CALOTYPE_ASSIGN_OR_RETURN(settings.space, encoder.params.Text("space"));
  settings.outputs = std::span(kOutputs).first(siglip ? kOutputs.size() : kClipOutputs);
  return settings;
}

}  // namespace

StatusOr<std::shared_ptr<const ImageEncoder>> ReadContrastiveEncoder(const ModelSpec& encoder) {
  StatusOr<Settings> settings = Read(encoder);
  if (!settings.ok()) {
    return Annotate(settings.status(), fmt::format("model {}", encoder.name));
  }
  return std::make_shared<const ContrastiveEncoder>(*std::move(settings));
}

}  // namespace calotype
