// The analyser "embedding": an image encoder whose vectors can be compared with those of a text encoder.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "analysis/analyser.h"
#include "analysis/embed/image_encoder.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Increase it when a change around the model changes what is found.
constexpr int kRevision = 1;

struct Family {
  std::string_view name;
  StatusOr<std::shared_ptr<const ImageEncoder>> (*read)(const ModelSpec& encoder);
};

constexpr std::array<Family, 3> kFamilies = {
    {{"conse", ReadConseEncoder}, {"clip", ReadContrastiveEncoder}, {"siglip", ReadContrastiveEncoder}}};

ModelProbe EncoderProbe(const ModelSpec& model, std::shared_ptr<const ImageEncoder> encoder) {
  const auto run = [encoder = std::move(encoder)](Session& session, const Image& image, int /*photo*/,
                                                  ProbeAnswer& answer) -> Status {
    CALOTYPE_ASSIGN_OR_RETURN(EmbeddingFinding finding, encoder->Encode(session, image));
    answer.vectors.push_back(std::move(finding.vector));
    return absl::OkStatus();
  };
  return PhotoProbe(model, run, [model](const ProbeAnswer& answer) {
    return ExpectVector(answer.vectors[0], *model.self_test, model.name);
  });
}

class EmbeddingAnalyser final : public Analyser {
 public:
  EmbeddingAnalyser(const ModelSpec& model, std::shared_ptr<const ImageEncoder> encoder, ModelCache& cache)
      : encoder_(std::move(encoder)), model_(model, cache, EncoderProbe(model, encoder_)) {}

  std::string_view name() const override { return "embedding"; }
  std::string version() const override { return fmt::format("{}/{}", model_.version_tag(), kRevision); }
  std::string device() const override { return model_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    CALOTYPE_ASSIGN_OR_RETURN(findings.embedding, encoder_->Encode(*session, photo.image));
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const ImageEncoder> encoder_;
  ModelBinding model_;
};

}  // namespace

StatusOr<std::unique_ptr<Analyser>> CreateEmbeddingAnalyser(const ModelSpec& image_encoder, ModelCache& cache) {
  const auto family = std::ranges::find(kFamilies, image_encoder.family, &Family::name);
  if (family == kFamilies.end()) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: unknown family {} for image embeddings; known: conse, clip, siglip", image_encoder.name,
                    image_encoder.family));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<const ImageEncoder> encoder, family->read(image_encoder));
  return std::make_unique<EmbeddingAnalyser>(image_encoder, std::move(encoder), cache);
}

}  // namespace calotype
