#include "analysis/ocr/probes.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analysis/ocr/windows.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Treats a self-test's photo as a single line of text.
std::vector<LineImage> AsLine(Image photo) {
  std::vector<LineImage> lines;
  lines.push_back({.image = std::move(photo), .quad = {}});
  return lines;
}

// Loads the model when it is first needed, and once.
TextSessions::Get OnReference(ModelCache& cache, const std::string& name) {
  return [&cache, name, loaded = std::shared_ptr<Session>()]() mutable -> StatusOr<std::shared_ptr<Session>> {
    if (loaded == nullptr) {
      CALOTYPE_ASSIGN_OR_RETURN(loaded, cache.LoadOnReference(name));
    }
    return loaded;
  };
}

}  // namespace

ModelProbe TextDetectorProbe(const ModelSpec& model, const DetectorSettings& settings) {
  const auto run = [settings](Session& session, const Image& image, int photo, ProbeAnswer& answer) -> Status {
    CALOTYPE_ASSIGN_OR_RETURN(const DetectedText found, DetectText(session, image, settings));
    answer.box_threshold = static_cast<float>(settings.regions.box_threshold);
    for (const TextRegion& region : found.regions) {
      answer.boxes.push_back({.label = "", .score = region.score, .box = BoundsOf(region.quad), .photo = photo});
    }
    return absl::OkStatus();
  };
  return PhotoProbe(model, run, [model](const ProbeAnswer& answer) {
    return ExpectNumber(CountOfFirstPhoto(answer), model.self_test->expect_lines, "lines", model.name);
  });
}

ModelProbe LineRecogniserProbe(const ModelSpec& model, const RecogniserSettings& settings) {
  const auto run = [settings](Session& session, Image image, int /*photo*/, ProbeAnswer& answer) -> Status {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ReadText> read,
                              LineRecogniser(settings).Read(session, AsLine(std::move(image))));
    std::ranges::transform(read, std::back_inserter(answer.texts), &ReadText::text);
    return absl::OkStatus();
  };
  return PhotoProbe(model, run, [model](const ProbeAnswer& answer) {
    const std::vector<std::string>& expected = model.self_test->expect_text;
    return ExpectSame(std::span(answer.texts).first(expected.size()), expected, model.name);
  });
}

ModelProbe OrienterProbe(const ModelSpec& model, const OrienterSettings& settings) {
  const auto run = [settings](Session& session, Image image, int /*photo*/, ProbeAnswer& answer) -> Status {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<bool> turned,
                              FindUpsideDown(session, AsLine(std::move(image)), settings));
    answer.texts.emplace_back(turned.front() ? "180" : "0");
    return absl::OkStatus();
  };
  return PhotoProbe(model, run, [model](const ProbeAnswer& answer) {
    return ExpectNumber(answer.texts.front() == "180" ? 180 : 0, model.self_test->expect_degrees, "degrees",
                        model.name);
  });
}

ModelProbe LineComparison::Of(ModelProbe probe, TextSessions::Get TextSessions::* tested) const {
  if (!probe || !detector.self_test || detector.self_test->photo.empty()) {
    return probe;
  }
  probe.findings = [comparison = *this, tested](Session& session, ProbePhotos photos) -> StatusOr<ProbeAnswer> {
    TextSessions sessions{.detector = OnReference(*comparison.cache, comparison.detector.name),
                          .recogniser = OnReference(*comparison.cache, comparison.recogniser),
                          .orienter = OnReference(*comparison.cache, comparison.orienter)};
    sessions.*tested = [&session]() -> StatusOr<std::shared_ptr<Session>> {
      return std::shared_ptr<Session>(&session, [](Session*) {});
    };
    const auto read = [&](Session& /*session*/, const Image& image, int photo, ProbeAnswer& answer) -> Status {
      const PhotoView view{.image = image, .full_width = image.width(), .full_height = image.height()};
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<TextFinding> lines, comparison.reader->Read(view, sessions));
      for (const TextFinding& line : lines) {
        answer.lines.push_back({.text = line.text, .box = BoundsOf(line.quad), .photo = photo});
      }
      return absl::OkStatus();
    };
    return FindingsInPhotos(comparison.detector, read)(session, photos);
  };
  return probe;
}

}  // namespace calotype
