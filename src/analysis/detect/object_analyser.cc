#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/detect/centernet.h"
#include "analysis/labels.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Raised when the processing around the weights changes what is found.
constexpr int kRevision = 1;

struct ObjectDetector {
  CenterNetParams params;
  std::vector<std::string> labels;

  StatusOr<std::vector<ObjectFinding>> Detect(Session& session, const PhotoView& photo) const {
    const CenterNetInput input = PrepareCenterNet(photo.image, params);
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run({&input.tensor, 1}));
    if (outputs.empty()) {
      return absl::InternalError("a centernet answered nothing");
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Candidate> found, DecodeCenterNet(outputs[0], input.scale, params));
    return ToFindings(found, photo);
  }

  StatusOr<std::vector<ObjectFinding>> ToFindings(std::span<const Candidate> found, const PhotoView& photo) const {
    std::vector<ObjectFinding> findings;
    for (const Candidate& candidate : found) {
      if (candidate.label < 0 || static_cast<std::size_t>(candidate.label) >= labels.size()) {
        return absl::InternalError(
            fmt::format("the model found class {}, but its label file has {} lines", candidate.label, labels.size()));
      }
      const Box box = ClipBox(ScaleBox(candidate.box, photo.scale_x(), photo.scale_y()),
                              static_cast<float>(photo.full_width), static_cast<float>(photo.full_height));
      if (box.Area() > 0) {
        findings.push_back(
            {.label = labels[static_cast<std::size_t>(candidate.label)], .score = candidate.score, .box = box});
      }
    }
    return findings;
  }
};

ModelProbe MakeProbe(const ModelSpec& spec, std::shared_ptr<const ObjectDetector> detector) {
  const auto look = [detector = std::move(detector)](Session& session, const Image& image, int photo,
                                                     ProbeAnswer& answer) -> Status {
    const PhotoView view{.image = image, .full_width = image.width(), .full_height = image.height()};
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ObjectFinding> found, detector->Detect(session, view));
    answer.box_threshold = detector->params.score_threshold;
    for (const ObjectFinding& object : found) {
      answer.boxes.push_back({.label = object.label, .score = object.score, .box = object.box, .photo = photo});
    }
    return absl::OkStatus();
  };
  return PhotoProbe(spec, look, [spec](const ProbeAnswer& answer) {
    std::vector<std::string> labels;
    for (const ProbeBox& box : answer.boxes) {
      if (box.photo == 0) {
        labels.push_back(box.label);
      }
    }
    return ExpectAllFound(labels, spec.self_test->expect_labels, spec.name);
  });
}

class ObjectAnalyser final : public Analyser {
 public:
  ObjectAnalyser(const ModelSpec& spec, ModelCache& cache, std::shared_ptr<const ObjectDetector> detector)
      : detector_(std::move(detector)), model_(spec, cache, MakeProbe(spec, detector_)) {}

  std::string_view name() const override { return "objects"; }
  std::string version() const override { return fmt::format("{}/{}", model_.version_tag(), kRevision); }
  std::string device() const override { return model_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    CALOTYPE_ASSIGN_OR_RETURN(findings.objects, detector_->Detect(*session, photo));
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const ObjectDetector> detector_;
  ModelBinding model_;
};

}  // namespace

StatusOr<std::unique_ptr<Analyser>> CreateObjectAnalyser(const ModelSpec& spec, ModelCache& cache) {
  if (spec.family != "centernet") {
    return absl::InvalidArgumentError(
        fmt::format("model {}: family \"{}\" finds no objects; known: centernet", spec.name, spec.family));
  }
  auto detector = std::make_shared<ObjectDetector>();
  CALOTYPE_ASSIGN_OR_RETURN(detector->params, ReadCenterNetParams(spec.params));
  CALOTYPE_ASSIGN_OR_RETURN(detector->labels, ReadLabels(spec, "labels"));
  return std::make_unique<ObjectAnalyser>(spec, cache, std::move(detector));
}

}  // namespace calotype
