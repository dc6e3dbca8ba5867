#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/boxes.h"
#include "analysis/faces/blazeface.h"
#include "analysis/faces/scrfd.h"
#include "analysis/image_ops.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Raised when the processing around the weights changes what is found.
constexpr int kRevision = 1;

Normalisation Uniform(float mean, float std) { return {.mean = {mean, mean, mean}, .std = {std, std, std}}; }

StatusOr<Normalisation> ScrfdNormalisation(const ModelParams& params) {
  CALOTYPE_ASSIGN_OR_RETURN(const double mean, params.Double("mean"));
  CALOTYPE_ASSIGN_OR_RETURN(const double std, params.Double("std"));
  return Uniform(static_cast<float>(mean), static_cast<float>(std));
}

// MediaPipe's, -1 to 1: not a choice of the pack.
StatusOr<Normalisation> BlazeFaceNormalisation(const ModelParams& /*params*/) { return Uniform(127.5F, 127.5F); }

struct Family {
  std::string_view name;
  StatusOr<Normalisation> (*normalisation)(const ModelParams& params);
  StatusOr<std::vector<FaceFinding>> (*decode)(std::span<const Tensor> outputs, int input_size, float score_threshold);
};

constexpr std::array kFamilies = {
    Family{"scrfd", ScrfdNormalisation, DecodeScrfd},
    Family{"blazeface", BlazeFaceNormalisation, DecodeBlazeFace},
};

StatusOr<const Family*> FindFamily(const ModelSpec& spec) {
  const auto* const found = std::ranges::find(kFamilies, std::string_view(spec.family), &Family::name);
  if (found == kFamilies.end()) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: family \"{}\" finds no faces; known: scrfd, blazeface", spec.name, spec.family));
  }
  return found;
}

std::vector<FaceFinding> WithoutDoubles(std::vector<FaceFinding> faces, float max_iou) {
  std::vector<Candidate> candidates;
  candidates.reserve(faces.size());
  for (const FaceFinding& face : faces) {
    candidates.push_back({.box = face.box, .score = face.score});
  }
  std::vector<FaceFinding> kept;
  for (const std::size_t index : SuppressDoubles(candidates, max_iou)) {
    kept.push_back(std::move(faces[index]));
  }
  return kept;
}

// From the square to the upright original; landmarks are left where they are even when they lie outside the photo.
FaceFinding InPhoto(FaceFinding face, float scale, const PhotoView& photo) {
  const float x = photo.scale_x() / scale;
  const float y = photo.scale_y() / scale;
  face.box =
      ClipBox(ScaleBox(face.box, x, y), static_cast<float>(photo.full_width), static_cast<float>(photo.full_height));
  for (Point& point : face.landmarks) {
    point = {point.x * x, point.y * y};
  }
  return face;
}

struct Detector {
  const Family* family = nullptr;
  Normalisation normalisation;
  int input_size = 0;
  float score_threshold = 0;
  float nms_iou = 0;

  StatusOr<std::vector<FaceFinding>> Detect(Session& session, const PhotoView& photo) const {
    const Letterboxed square = Letterbox(photo.image, input_size);
    const Tensor input = ToTensor({&square.image, 1}, normalisation);
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run({&input, 1}));
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<FaceFinding> faces, family->decode(outputs, input_size, score_threshold));
    std::vector<FaceFinding> found;
    for (FaceFinding& face : WithoutDoubles(std::move(faces), nms_iou)) {
      found.push_back(InPhoto(std::move(face), square.scale, photo));
    }
    std::erase_if(found, [](const FaceFinding& face) { return face.box.Area() <= 0; });
    return found;
  }
};

StatusOr<Detector> ReadDetector(const ModelSpec& spec) {
  Detector detector;
  CALOTYPE_ASSIGN_OR_RETURN(detector.family, FindFamily(spec));
  CALOTYPE_ASSIGN_OR_RETURN(detector.normalisation, detector.family->normalisation(spec.params));
  CALOTYPE_ASSIGN_OR_RETURN(detector.input_size, spec.params.Int("input_size"));
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, spec.params.Double("score_threshold"));
  CALOTYPE_ASSIGN_OR_RETURN(const double iou, spec.params.Double("nms_iou"));
  detector.score_threshold = static_cast<float>(threshold);
  detector.nms_iou = static_cast<float>(iou);
  // Every stride of both families divides 32.
  if (detector.input_size < 32 || detector.input_size > 4096 || detector.input_size % 32 != 0) {
    return absl::InvalidArgumentError(fmt::format("model {}: input_size is {}; it may be a multiple of 32 up to 4096",
                                                  spec.name, detector.input_size));
  }
  return detector;
}

ModelProbe MakeProbe(const ModelSpec& spec, const Detector& detector) {
  const auto look = [detector](Session& session, const Image& image, int photo, ProbeAnswer& answer) -> Status {
    const PhotoView view{.image = image, .full_width = image.width(), .full_height = image.height()};
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceFinding> faces, detector.Detect(session, view));
    answer.box_threshold = detector.score_threshold;
    for (const FaceFinding& face : faces) {
      answer.boxes.push_back({.label = "", .score = face.score, .box = face.box, .photo = photo});
    }
    return absl::OkStatus();
  };
  return PhotoProbe(spec, look, [spec](const ProbeAnswer& answer) {
    return ExpectNumber(CountOfFirstPhoto(answer), spec.self_test->expect_faces, "faces", spec.name);
  });
}

class FaceDetector final : public Analyser {
 public:
  FaceDetector(const ModelSpec& spec, ModelCache& cache, const Detector& detector)
      : detector_(detector), model_(spec, cache, MakeProbe(spec, detector)) {}

  std::string_view name() const override { return "faces.detect"; }
  std::string version() const override { return fmt::format("{}/{}", model_.version_tag(), kRevision); }
  std::string device() const override { return model_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    CALOTYPE_ASSIGN_OR_RETURN(findings.faces, detector_.Detect(*session, photo));
    return absl::OkStatus();
  }

 private:
  const Detector detector_;
  ModelBinding model_;
};

}  // namespace

StatusOr<std::unique_ptr<Analyser>> CreateFaceDetector(const ModelSpec& spec, ModelCache& cache) {
  CALOTYPE_ASSIGN_OR_RETURN(const Detector detector, ReadDetector(spec));
  return std::make_unique<FaceDetector>(spec, cache, detector);
}

}  // namespace calotype
