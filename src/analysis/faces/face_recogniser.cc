#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/faces/face_chip.h"
#include "analysis/faces/face_models.h"
#include "analysis/faces/sharpness.h"
#include "analysis/image_ops.h"
#include "analysis/image_tensor.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Increase it when a change around the model changes what is found.
constexpr int kRevision = 1;

// Chips per run: enough to use a device fully, few enough that a photo of a crowd does not need more memory than a
// photo.
constexpr std::size_t kBatch = 8;

constexpr std::array<std::string_view, 1> kNeeds = {"faces.detect"};

using Vectors = std::vector<std::vector<float>>;

Status Normalise(std::vector<float>& vector) {
  const double norm = std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
  if (!std::isfinite(norm) || norm <= 0) {
    return absl::InternalError(fmt::format("the face recogniser returned a vector of length {}", norm));
  }
  for (float& value : vector) {
    value = static_cast<float>(value / norm);
  }
  return absl::OkStatus();
}

struct Family {
  std::string_view name;
  bool dlib_template;           // cut chips like dlib, with template_padding; else like InsightFace
  Normalisation normalisation;  // of the chips
  double match_threshold;       // 0: the weights of this family differ too much for a default
};

constexpr std::array kFamilies = {
    // The graph takes RGB 0..255 and normalises itself.
    Family{"face-chip", true, {}, 0},
    // insightface's ArcFaceONNX, with Immich's distance of 0.5.
    Family{"arcface", false, {.mean = {127.5F, 127.5F, 127.5F}, .std = {127.5F, 127.5F, 127.5F}}, 0.5},
    // OpenCV's FaceRecognizerSF, which converts its BGR chips to RGB; the threshold is that of its tutorial.
    Family{"sface", false, {}, 0.363},
};

constexpr int kDefaultSize = 112;

// Of the threshold for the same person: what is a little less alike may be the same person, too.
constexpr double kMaybePart = 0.8;

// The landmarks in pixels of the analysed image.
std::array<Point, 5> LandmarksIn(const PhotoView& photo, const FaceFinding& face) {
  std::array<Point, 5> landmarks;
  std::ranges::transform(face.landmarks, landmarks.begin(), [&](const Point& point) {
    return Point{point.x / photo.scale_x(), point.y / photo.scale_y()};
  });
  return landmarks;
}

Status CheckLandmarks(std::span<const FaceFinding> faces) {
  if (!std::ranges::all_of(faces, &FaceFinding::has_landmarks)) {
    return absl::FailedPreconditionError(
        "the face detector returns no landmarks, which recognition needs: use a detector with keypoints");
  }
  return absl::OkStatus();
}

struct Recogniser final : FaceRecogniserModel {
  const Family* family = nullptr;
  std::string model;
  int input_size = 0;  // for a graph that accepts any size
  float padding = 0;
  int dimension = 0;  // 0: whatever the graph returns

  Image Chip(const PhotoView& photo, const FaceFinding& face, int size) const {
    if (!family->dlib_template) {
      return CutArcFaceChip(photo.image, face.landmarks, photo.scale_x(), photo.scale_y(), size);
    }
    return CutFaceChip(photo.image, LandmarksIn(photo, face), size, padding);
  }

  // The side of the chips for this graph.
  StatusOr<int> SizeFor(const ImageInput& input) const {
    const int size = input.has_size() ? input.width : input_size;
    if (input.has_size() && input.width != input.height) {
      return absl::InvalidArgumentError(fmt::format(
          "the input of model {} is {} x {} pixels; a face recogniser needs a square", model, size, input.height));
    }
    return size;
  }

  // Returns one vector per chip, of unit length if that is wanted. A graph with a fixed batch size gets black chips in
  // the unused places.
  StatusOr<Vectors> Embed(Session& session, const ImageInput& input, std::vector<Image> chips, bool unit_length) const {
    const std::size_t count = chips.size();
    const std::size_t rows = input.batch > 0 ? static_cast<std::size_t>(input.batch) : count;
    while (chips.size() < rows) {
      chips.emplace_back(chips[0].width(), chips[0].height());
      std::ranges::fill(chips.back().pixels(), uint8_t{0});
    }
    const Tensor tensor = ToTensor(chips, input, family->normalisation);
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run({&tensor, 1}));
    const std::size_t answered = outputs.empty() ? 0 : outputs[0].elements();
    const std::size_t size = dimension > 0 ? static_cast<std::size_t>(dimension) : answered / rows;
    if (answered == 0 || outputs[0].type() != ElementType::kFloat32 || answered != rows * size) {
      return absl::InternalError(
          fmt::format("model {} returned {} numbers for {} faces; expected {} each", model, answered, rows, size));
    }
    Vectors vectors;
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<const float> row = outputs[0].data<float>().subspan(i * size, size);
      vectors.emplace_back(row.begin(), row.end());
      if (unit_length) {
        CALOTYPE_RETURN_IF_ERROR(Normalise(vectors.back()));
      }
    }
    return vectors;
  }

  StatusOr<Vectors> Recognise(Session& session, const PhotoView& photo, std::span<const FaceFinding> faces,
                              bool unit_length) const override {
    CALOTYPE_RETURN_IF_ERROR(CheckLandmarks(faces));
    CALOTYPE_ASSIGN_OR_RETURN(const ImageInput input, FindImageInput(session.inputs()));
    CALOTYPE_ASSIGN_OR_RETURN(const int size, SizeFor(input));
    const std::size_t batch = input.batch > 0 ? static_cast<std::size_t>(input.batch) : kBatch;
    Vectors vectors;
    for (; !faces.empty(); faces = faces.subspan(std::min(batch, faces.size()))) {
      std::vector<Image> chips;
      for (const FaceFinding& face : faces.first(std::min(batch, faces.size()))) {
        chips.push_back(Chip(photo, face, size));
      }
      CALOTYPE_ASSIGN_OR_RETURN(Vectors embedded, Embed(session, input, std::move(chips), unit_length));
      std::ranges::move(embedded, std::back_inserter(vectors));
    }
    return vectors;
  }
};

StatusOr<const Family*> FindFamily(const ModelSpec& spec) {
  const auto* const found = std::ranges::find(kFamilies, std::string_view(spec.family), &Family::name);
  if (found == kFamilies.end()) {
    std::vector<std::string_view> known;
    std::ranges::transform(kFamilies, std::back_inserter(known), &Family::name);
    return absl::InvalidArgumentError(fmt::format("model {}: unknown family \"{}\" for face recognition; known: {}",
                                                  spec.name, spec.family, fmt::join(known, ", ")));
  }
  return found;
}

StatusOr<std::shared_ptr<const Recogniser>> ReadRecogniser(const ModelSpec& spec) {
  auto read = std::make_shared<Recogniser>();
  Recogniser& recogniser = *read;
  recogniser.model = spec.name;
  CALOTYPE_ASSIGN_OR_RETURN(recogniser.family, FindFamily(spec));
  CALOTYPE_ASSIGN_OR_RETURN(recogniser.input_size, spec.params.IntOr("input_size", kDefaultSize));
  CALOTYPE_ASSIGN_OR_RETURN(const double padding, spec.params.DoubleOr("template_padding", 0.5));
  CALOTYPE_ASSIGN_OR_RETURN(recogniser.dimension, spec.params.IntOr("dimension", 0));
  recogniser.padding = static_cast<float>(padding);
  if (recogniser.input_size < 16 || recogniser.input_size > 1024 || recogniser.dimension < 0 || !(padding >= 0) ||
      padding > 4) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: input_size is {} (16 to 1024), dimension {} (0 or more), template_padding {} (0 to 4)",
                    spec.name, recogniser.input_size, recogniser.dimension, padding));
  }
  return read;
}

// The self-test's photo is already a chip, so the recogniser can be tested without a detector.
ModelProbe MakeProbe(const ModelSpec& spec, std::shared_ptr<const Recogniser> recogniser) {
  const auto run = [recogniser = std::move(recogniser)](Session& session, const Image& image, int /*photo*/,
                                                        ProbeAnswer& answer) -> Status {
    CALOTYPE_ASSIGN_OR_RETURN(const ImageInput input, FindImageInput(session.inputs()));
    CALOTYPE_ASSIGN_OR_RETURN(const int size, recogniser->SizeFor(input));
    std::vector<Image> chips;
    chips.push_back(Resize(image, size, size));
    CALOTYPE_ASSIGN_OR_RETURN(Vectors vectors, recogniser->Embed(session, input, std::move(chips), true));
    answer.vectors.push_back(std::move(vectors[0]));
    return absl::OkStatus();
  };
  return PhotoProbe(spec, run, [spec](const ProbeAnswer& answer) {
    return ExpectVector(answer.vectors[0], *spec.self_test, spec.name);
  });
}

class FaceRecogniser final : public Analyser {
 public:
  FaceRecogniser(const ModelSpec& spec, ModelCache& cache, const std::shared_ptr<const Recogniser>& recogniser)
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
    CALOTYPE_RETURN_IF_ERROR(CheckLandmarks(*findings.faces));
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    CALOTYPE_ASSIGN_OR_RETURN(Vectors vectors, recogniser_->Recognise(*session, photo, *findings.faces, true));
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      FaceFinding& face = (*findings.faces)[i];
      face.embedding = std::move(vectors[i]);
      face.sharpness = FaceSharpness(photo.image, LandmarksIn(photo, face));
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const Recogniser> recogniser_;
  ModelBinding model_;
};

}  // namespace

StatusOr<FaceRecogniserParts> ReadFaceRecogniser(const ModelSpec& spec) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const Recogniser> recogniser, ReadRecogniser(spec));
  return FaceRecogniserParts{.model = recogniser, .probe = MakeProbe(spec, recogniser)};
}

StatusOr<std::unique_ptr<Analyser>> CreateFaceRecogniser(const ModelSpec& spec, ModelCache& cache) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const Recogniser> recogniser, ReadRecogniser(spec));
  return std::make_unique<FaceRecogniser>(spec, cache, recogniser);
}

StatusOr<double> FaceMatchThreshold(const ModelSpec& recogniser) {
  CALOTYPE_ASSIGN_OR_RETURN(const Family* const family, FindFamily(recogniser));
  if (family->match_threshold > 0) {
    return recogniser.params.DoubleOr("match_threshold", family->match_threshold);
  }
  return recogniser.params.Double("match_threshold");
}

StatusOr<double> FaceMaybeThreshold(const ModelSpec& recogniser) {
  CALOTYPE_ASSIGN_OR_RETURN(const double match, FaceMatchThreshold(recogniser));
  CALOTYPE_ASSIGN_OR_RETURN(const double maybe, recogniser.params.DoubleOr("maybe_threshold", kMaybePart * match));
  if (maybe > match) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: maybe_threshold is {}; it must be at most match_threshold, which is {}", recogniser.name,
                    maybe, match));
  }
  return maybe;
}

}  // namespace calotype
