#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/boxes.h"
#include "analysis/detect/detector.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Increase it when a change around the model changes what is found.
constexpr int kRevision = 1;

using Detector = std::shared_ptr<const ObjectDetector>;

// The objects of the photo, clipped to its edges; objects outside it are dropped.
StatusOr<std::vector<ObjectFinding>> DetectObjects(const ObjectDetector& detector, Session& session,
                                                   const PhotoView& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ObjectFinding> found, detector.Detect(session, photo));
  for (ObjectFinding& object : found) {
    object.box = ClipBox(object.box, static_cast<float>(photo.full_width), static_cast<float>(photo.full_height));
  }
  std::erase_if(found, [](const ObjectFinding& object) { return object.box.Area() <= 0; });
  return found;
}

StatusOr<Detector> CreateDetector(const ModelSpec& spec) {
  const std::span<const DetectorFamily> families = DetectorFamilies();
  const auto found = std::ranges::find(families, std::string_view(spec.family), &DetectorFamily::name);
  if (found == families.end()) {
    std::vector<std::string_view> known;
    std::ranges::transform(families, std::back_inserter(known), &DetectorFamily::name);
    return absl::InvalidArgumentError(fmt::format("model {}: unknown family \"{}\" for object detection; known: {}",
                                                  spec.name, spec.family, fmt::join(known, ", ")));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<const ObjectDetector> detector, found->create(spec));
  return Detector(std::move(detector));
}

ModelProbe MakeProbe(const ModelSpec& spec, Detector detector) {
  const auto run = [detector = std::move(detector)](Session& session, const Image& image, int photo,
                                                    ProbeAnswer& answer) -> Status {
    const PhotoView view{.image = image, .full_width = image.width(), .full_height = image.height()};
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ObjectFinding> found, DetectObjects(*detector, session, view));
    answer.box_threshold = detector->score_threshold();
    for (const ObjectFinding& object : found) {
      answer.boxes.push_back({.label = object.label, .score = object.score, .box = object.box, .photo = photo});
    }
    return absl::OkStatus();
  };
  return DetectorProbe(spec, run, [spec](const ProbeAnswer& answer) {
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
  ObjectAnalyser(const ModelSpec& spec, ModelCache& cache, Detector detector)
      : detector_(std::move(detector)), model_(spec, cache, MakeProbe(spec, detector_)) {}

  std::string_view name() const override { return "objects"; }
  std::string version() const override { return fmt::format("{}/{}", model_.version_tag(), kRevision); }
  std::string device() const override { return model_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    CALOTYPE_ASSIGN_OR_RETURN(findings.objects, DetectObjects(*detector_, *session, photo));
    return absl::OkStatus();
  }

 private:
  const Detector detector_;
  ModelBinding model_;
};

}  // namespace

StatusOr<std::unique_ptr<Analyser>> CreateObjectAnalyser(const ModelSpec& spec, ModelCache& cache) {
  CALOTYPE_ASSIGN_OR_RETURN(Detector detector, CreateDetector(spec));
  return std::make_unique<ObjectAnalyser>(spec, cache, std::move(detector));
}

}  // namespace calotype
