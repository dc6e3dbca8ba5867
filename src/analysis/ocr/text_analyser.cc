// The analyser "text": detects lines of text, cuts them out, reads them, and turns those that are upside down.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "analysis/analyser.h"
#include "analysis/model_binding.h"
#include "analysis/ocr/line_recogniser.h"
#include "analysis/ocr/probes.h"
#include "analysis/ocr/text_detector.h"
#include "analysis/ocr/windows.h"

namespace calotype {
namespace {

// Increase it when a change around the models changes what is found.
constexpr int kRevision = 6;

// A line that is read with at least this score is not upside down.
constexpr float kSure = 0.97F;

bool IsBlank(std::string_view text) {
  // U+3000, the ideographic space, is one of PP-OCR's classes.
  constexpr std::string_view kIdeographicSpace = "\xE3\x80\x80";
  while (!text.empty()) {
    const bool wide = text.starts_with(kIdeographicSpace);
    if (!wide && text.front() != ' ') {
      return false;
    }
    text.remove_prefix(wide ? kIdeographicSpace.size() : 1);
  }
  return true;
}

// Maps corners from the analysed image to the original, clipped to it.
Quad ToOriginal(const PhotoView& photo, Quad quad) {
  for (Point& corner : quad) {
    corner.x = std::clamp(corner.x * photo.scale_x(), 0.0F, static_cast<float>(photo.full_width));
    corner.y = std::clamp(corner.y * photo.scale_y(), 0.0F, static_cast<float>(photo.full_height));
  }
  return quad;
}

class TextAnalyser final : public Analyser {
 public:
  TextAnalyser(const ModelSpec& detector, const DetectorSettings& detector_settings, const ModelSpec& recogniser,
               const RecogniserSettings& recogniser_settings, ModelCache& cache)
      : detector_settings_(detector_settings),
        detector_(detector, cache, TextDetectorProbe(detector, detector_settings)),
        line_recogniser_(recogniser_settings),
        recogniser_(recogniser, cache, LineRecogniserProbe(recogniser, recogniser_settings)) {}

  // Call it before the first use.
  void AddOrienter(const ModelSpec& orienter, const OrienterSettings& settings, ModelCache& cache) {
    orienter_settings_ = settings;
    orienter_.emplace(orienter, cache, OrienterProbe(orienter, settings));
  }

  std::string_view name() const override { return "text"; }
  bool reads_all_pages() const override { return true; }

  std::string version() const override {
    const std::string orienter = orienter_ ? orienter_->version_tag() + "+" : "";
    return fmt::format("{}+{}{}/{}", detector_.version_tag(), orienter, recogniser_.version_tag(), kRevision);
  }

  std::string device() const override { return detector_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<LineImage> lines, CutLines(photo.image));
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<ReadText> read, Read(lines));
    CALOTYPE_RETURN_IF_ERROR(TurnUpright(lines, read));
    std::vector<TextFinding> text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (read[i].score >= line_recogniser_.settings().score_threshold && !IsBlank(read[i].text)) {
        text.push_back({std::move(read[i].text), read[i].score, ToOriginal(photo, lines[i].quad)});
      }
    }
    findings.text = std::move(text);
    return absl::OkStatus();
  }

 private:
  StatusOr<std::vector<LineImage>> CutLines(const Image& photo) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, detector_.Get());
    const std::vector<TextWindow> windows =
        PlanTextWindows({photo.width(), photo.height()}, detector_settings_.limits.max_side);
    if (windows.size() == 1) {
      return CutLinesOf(photo, *session);
    }
    std::vector<LineImage> lines;
    std::vector<Quad> quads;
    for (const TextWindow& window : windows) {
      const Image part = Crop(photo, 0, window.top, photo.width(), window.height);
      CALOTYPE_ASSIGN_OR_RETURN(std::vector<LineImage> found, CutLinesOf(part, *session));
      for (LineImage& line : found) {
        std::ranges::for_each(line.quad, [&window](Point& corner) { corner.y += static_cast<float>(window.top); });
        if (IsNewLine(line.quad, window, quads)) {
          quads.push_back(line.quad);
          lines.push_back(std::move(line));
        }
      }
    }
    return lines;
  }

  StatusOr<std::vector<LineImage>> CutLinesOf(const Image& photo, Session& session) const {
    CALOTYPE_ASSIGN_OR_RETURN(const DetectedText found, DetectText(session, photo, detector_settings_));
    const Image& seen = found.scaled.empty() ? photo : found.scaled;
    std::vector<LineImage> lines;
    for (const TextRegion& region : found.regions) {
      LineImage& line = lines.emplace_back(CutLine(seen, region.quad));
      line.quad = ToPhoto(found.input, {photo.width(), photo.height()}, line.quad);
    }
    return lines;
  }

  StatusOr<std::vector<ReadText>> Read(std::span<const LineImage> lines) {
    if (lines.empty()) {  // do not load the recogniser for photos without text
      return std::vector<ReadText>();
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, recogniser_.Get());
    return line_recogniser_.Read(*session, lines);
  }

  // The orienter takes some upright lines for upside down ones, above all long ones, which it sees squeezed. So it is
  // asked only about lines that are hard to read, and a line is turned only if that makes it no harder.
  Status TurnUpright(std::vector<LineImage>& lines, std::vector<ReadText>& read) {
    if (!orienter_) {
      return absl::OkStatus();
    }
    std::vector<std::size_t> places;
    std::vector<LineImage> doubtful;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (read[i].score < kSure) {
        places.push_back(i);
        doubtful.push_back(std::move(lines[i]));
      }
    }
    if (doubtful.empty()) {
      return absl::OkStatus();
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, orienter_->Get());
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<bool> upside_down,
                              FindUpsideDown(*session, doubtful, orienter_settings_));
    std::vector<std::size_t> turned_places;
    std::vector<LineImage> turned;
    for (std::size_t i = 0; i < doubtful.size(); ++i) {
      if (upside_down[i]) {
        TurnUpsideDown(doubtful[i]);
        turned_places.push_back(places[i]);
        turned.push_back(std::move(doubtful[i]));
      } else {
        lines[places[i]] = std::move(doubtful[i]);
      }
    }
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<ReadText> read_turned, Read(turned));
    for (std::size_t i = 0; i < turned.size(); ++i) {
      ReadText& before = read[turned_places[i]];
      if (read_turned[i].score >= before.score) {
        before = std::move(read_turned[i]);
      } else {
        TurnUpsideDown(turned[i]);
      }
      lines[turned_places[i]] = std::move(turned[i]);
    }
    return absl::OkStatus();
  }

  const DetectorSettings detector_settings_;
  ModelBinding detector_;
  OrienterSettings orienter_settings_;
  std::optional<ModelBinding> orienter_;
  LineRecogniser line_recogniser_;
  ModelBinding recogniser_;
};

}  // namespace

StatusOr<std::unique_ptr<Analyser>> CreateTextAnalyser(const ModelSpec& detector, const ModelSpec& recogniser,
                                                       const ModelSpec* orienter, ModelCache& cache) {
  CALOTYPE_ASSIGN_OR_RETURN(const DetectorSettings detector_settings, ReadDetectorSettings(detector));
  CALOTYPE_ASSIGN_OR_RETURN(const RecogniserSettings recogniser_settings, ReadRecogniserSettings(recogniser));
  auto analyser = std::make_unique<TextAnalyser>(detector, detector_settings, recogniser, recogniser_settings, cache);
  if (orienter != nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(const OrienterSettings settings, ReadOrienterSettings(*orienter));
    analyser->AddOrienter(*orienter, settings, cache);
  }
  return analyser;
}

}  // namespace calotype
