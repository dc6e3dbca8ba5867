// The analyser "text".
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "analysis/analyser.h"
#include "analysis/model_binding.h"
#include "analysis/ocr/line_recogniser.h"
#include "analysis/ocr/probes.h"
#include "analysis/ocr/text_detector.h"
#include "analysis/ocr/text_reader.h"

namespace calotype {
namespace {

// Increase it when a change around the models changes what is found.
constexpr int kRevision = 6;

class TextAnalyser final : public Analyser {
 public:
  TextAnalyser(std::shared_ptr<TextReader> reader, const ModelSpec& detector, ModelProbe detector_probe,
               const ModelSpec& recogniser, ModelProbe recogniser_probe, ModelCache& cache)
      : reader_(std::move(reader)),
        detector_(detector, cache, std::move(detector_probe)),
        recogniser_(recogniser, cache, std::move(recogniser_probe)) {}

  // Call it before the first use.
  void AddOrienter(const ModelSpec& orienter, ModelProbe probe, ModelCache& cache) {
    orienter_.emplace(orienter, cache, std::move(probe));
  }

  std::string_view name() const override { return "text"; }
  bool reads_all_pages() const override { return true; }

  std::string version() const override {
    const std::string orienter = orienter_ ? orienter_->version_tag() + "+" : "";
    return fmt::format("{}+{}{}/{}", detector_.version_tag(), orienter, recogniser_.version_tag(), kRevision);
  }

  std::string device() const override { return detector_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    CALOTYPE_ASSIGN_OR_RETURN(findings.text, reader_->Read(photo, {.detector = [this] { return detector_.Get(); },
                                                                   .recogniser = [this] { return recogniser_.Get(); },
                                                                   .orienter = [this] { return orienter_->Get(); }}));
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<TextReader> reader_;
  ModelBinding detector_;
  ModelBinding recogniser_;
  std::optional<ModelBinding> orienter_;
};

}  // namespace

StatusOr<std::unique_ptr<Analyser>> CreateTextAnalyser(const ModelSpec& detector, const ModelSpec& recogniser,
                                                       const ModelSpec* orienter, ModelCache& cache) {
  CALOTYPE_ASSIGN_OR_RETURN(const DetectorSettings detector_settings, ReadDetectorSettings(detector));
  CALOTYPE_ASSIGN_OR_RETURN(const RecogniserSettings recogniser_settings, ReadRecogniserSettings(recogniser));
  std::optional<OrienterSettings> orienter_settings;
  if (orienter != nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(orienter_settings, ReadOrienterSettings(*orienter));
  }
  const auto reader = std::make_shared<TextReader>(detector_settings, recogniser_settings, orienter_settings);
  const LineComparison comparison{.reader = reader,
                                  .cache = &cache,
                                  .detector = detector,
                                  .recogniser = recogniser.name,
                                  .orienter = orienter == nullptr ? "" : orienter->name};
  auto analyser = std::make_unique<TextAnalyser>(
      reader, detector, comparison.Of(TextDetectorProbe(detector, detector_settings), &TextSessions::detector),
      recogniser, comparison.Of(LineRecogniserProbe(recogniser, recogniser_settings), &TextSessions::recogniser),
      cache);
  if (orienter != nullptr) {
    analyser->AddOrienter(*orienter,
                          comparison.Of(OrienterProbe(*orienter, *orienter_settings), &TextSessions::orienter), cache);
  }
  return analyser;
}

}  // namespace calotype
