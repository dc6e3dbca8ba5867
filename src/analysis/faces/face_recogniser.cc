#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/faces/face_chip.h"
#include "analysis/image_ops.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Raised when the processing around the weights changes what is found.
constexpr int kRevision = 1;

// Chips per run: enough to fill a device, few enough that a photo of a crowd costs no more memory than a photo.
constexpr std::size_t kBatch = 8;

constexpr std::array<std::string_view, 1> kNeeds = {"faces.detect"};

using Vectors = std::vector<std::vector<float>>;

Status Normalise(std::vector<float>& vector) {
  const double norm = std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
  if (!std::isfinite(norm) || norm <= 0) {
    return absl::InternalError(fmt::format("the face recogniser answered a vector of length {}", norm));
  }
  for (float& value : vector) {
    value = static_cast<float>(value / norm);
  }
  return absl::OkStatus();
}

struct Recogniser {
  std::string model;
  int input_size = 0;
  float padding = 0;
  int dimension = 0;

  Image Chip(const PhotoView& photo, const FaceFinding& face) const {
    std::array<Point, 5> landmarks;
    std::ranges::transform(face.landmarks, landmarks.begin(), [&](const Point& point) {
      return Point{point.x / photo.scale_x(), point.y / photo.scale_y()};
    });
    return CutFaceChip(photo.image, landmarks, input_size, padding);
  }

  // One vector of unit length per chip.
  StatusOr<Vectors> Embed(Session& session, std::span<const Image> chips) const {
    // The graph takes RGB 0..255 and normalises by itself.
    const Tensor input = ToTensor(chips, {});
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run({&input, 1}));
    const std::size_t size = static_cast<std::size_t>(dimension);
    if (outputs.empty() || outputs[0].type() != ElementType::kFloat32 || outputs[0].elements() != chips.size() * size) {
      return absl::InternalError(fmt::format("model {} answered {} numbers to {} faces; {} each were expected", model,
                                             outputs.empty() ? 0 : outputs[0].elements(), chips.size(), dimension));
    }
    Vectors vectors;
    for (std::span<const float> rest = outputs[0].data<float>(); !rest.empty(); rest = rest.subspan(size)) {
      vectors.emplace_back(rest.begin(), rest.begin() + dimension);
      CALOTYPE_RETURN_IF_ERROR(Normalise(vectors.back()));
    }
    return vectors;
  }

  StatusOr<Vectors> Recognise(Session& session, const PhotoView& photo, std::span<const FaceFinding> faces) const {
    Vectors vectors;
    for (; !faces.empty(); faces = faces.subspan(std::min(kBatch, faces.size()))) {
      std::vector<Image> chips;
      for (const FaceFinding& face : faces.first(std::min(kBatch, faces.size()))) {
        chips.push_back(Chip(photo, face));
      }
      CALOTYPE_ASSIGN_OR_RETURN(Vectors batch, Embed(session, chips));
      std::ranges::move(batch, std::back_inserter(vectors));
    }
    return vectors;
  }
};

StatusOr<Recogniser> ReadRecogniser(const ModelSpec& spec) {
  if (spec.family != "face-chip") {
    return absl::InvalidArgumentError(
        fmt::format("model {}: family \"{}\" recognises no faces; known: face-chip", spec.name, spec.family));
  }
  Recogniser recogniser{.model = spec.name};
  CALOTYPE_ASSIGN_OR_RETURN(recogniser.input_size, spec.params.Int("input_size"));
  CALOTYPE_ASSIGN_OR_RETURN(const double padding, spec.params.Double("template_padding"));
  CALOTYPE_ASSIGN_OR_RETURN(recogniser.dimension, spec.params.Int("dimension"));
  recogniser.padding = static_cast<float>(padding);
  if (recogniser.input_size < 16 || recogniser.input_size > 1024 || recogniser.dimension < 1 || !(padding >= 0) ||
      padding > 4) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: input_size is {} (16 to 1024), dimension {} (1 or more), template_padding {} (0 to 4)",
                    spec.name, recogniser.input_size, recogniser.dimension, padding));
  }
  return recogniser;
}

// The photo of the self-test is a chip already: no detector is needed to try the recogniser.
ModelProbe MakeProbe(const ModelSpec& spec, const Recogniser& recogniser) {
  const auto look = [recogniser](Session& session, const Image& image, int /*photo*/, ProbeAnswer& answer) -> Status {
    const Image chip = Resize(image, recogniser.input_size, recogniser.input_size);
    CALOTYPE_ASSIGN_OR_RETURN(Vectors vectors, recogniser.Embed(session, {&chip, 1}));
    answer.vectors.push_back(std::move(vectors[0]));
    return absl::OkStatus();
  };
  return PhotoProbe(spec, look, [spec](const ProbeAnswer& answer) {
    return ExpectVector(answer.vectors[0], *spec.self_test, spec.name);
  });
}

class FaceRecogniser final : public Analyser {
 public:
  FaceRecogniser(const ModelSpec& spec, ModelCache& cache, const Recogniser& recogniser)
      : recogniser_(recogniser), model_(spec, cache, MakeProbe(spec, recogniser)) {}

  std::string_view name() const override { return "faces.recognise"; }
  std::span<const std::string_view> needs() const override { return kNeeds; }
  std::string version() const override { return fmt::format("{}/{}", model_.version_tag(), kRevision); }
  std::string device() const override { return model_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    if (!findings.faces) {
      return absl::FailedPreconditionError("faces.recognise needs the findings of faces.detect");
    }
    if (findings.faces->empty()) {
      return absl::OkStatus();
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    CALOTYPE_ASSIGN_OR_RETURN(Vectors vectors, recogniser_.Recognise(*session, photo, *findings.faces));
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      (*findings.faces)[i].embedding = std::move(vectors[i]);
    }
    return absl::OkStatus();
  }

 private:
  const Recogniser recogniser_;
  ModelBinding model_;
};

}  // namespace

StatusOr<std::unique_ptr<Analyser>> CreateFaceRecogniser(const ModelSpec& spec, ModelCache& cache) {
  CALOTYPE_ASSIGN_OR_RETURN(const Recogniser recogniser, ReadRecogniser(spec));
  return std::make_unique<FaceRecogniser>(spec, cache, recogniser);
}

}  // namespace calotype
