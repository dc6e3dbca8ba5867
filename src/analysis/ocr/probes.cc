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

}  // namespace calotype
