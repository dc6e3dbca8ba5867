// Reads the text of a photo: detects lines, cuts them out, reads them, and turns those that are upside down.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/findings.h"
#include "analysis/ocr/line_image.h"
#include "analysis/ocr/line_recogniser.h"
#include "analysis/ocr/text_detector.h"
#include "base/status.h"
#include "inference/engine.h"

namespace calotype {

// Each function returns the session of a model, which may load it; it is called only when the model is needed.
struct TextSessions {
  using Get = std::function<StatusOr<std::shared_ptr<Session>>()>;
  Get detector;
  Get recogniser;
  Get orienter;  // not called by a reader without orienter
};

// Thread-safe.
class TextReader {
 public:
  // Without `orienter` no line is turned.
  TextReader(const DetectorSettings& detector, RecogniserSettings recogniser,
             const std::optional<OrienterSettings>& orienter)
      : detector_(detector), recogniser_(std::move(recogniser)), orienter_(orienter) {}

  // The lines of the photo in reading order, without blank ones and those below the recogniser's score_threshold.
  // Returns the errors of loading and running the models.
  StatusOr<std::vector<TextFinding>> Read(const PhotoView& photo, const TextSessions& sessions);

 private:
  StatusOr<std::vector<LineImage>> CutLines(const Image& photo, const TextSessions& sessions) const;
  StatusOr<std::vector<LineImage>> CutLinesOf(const Image& photo, Session& session) const;
  StatusOr<std::vector<ReadText>> ReadLines(std::span<const LineImage> lines, const TextSessions& sessions);
  Status TurnUpright(std::vector<LineImage>& lines, std::vector<ReadText>& read, const TextSessions& sessions);

  const DetectorSettings detector_;
  LineRecogniser recogniser_;
  const std::optional<OrienterSettings> orienter_;
};

}  // namespace calotype
