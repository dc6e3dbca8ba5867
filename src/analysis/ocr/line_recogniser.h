// The recogniser turns images of lines into text. The orienter tells whether a line is upside down.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "analysis/ocr/ctc.h"
#include "analysis/ocr/line_image.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/engine.h"
#include "models/pack.h"

namespace calotype {

struct RecogniserSettings {
  LineFormat format;
  // The text analyser drops text with a lower score; Read() returns all. RapidOCR's text_score is 0.5, which keeps text
  // that it sees in textures.
  double score_threshold = 0.8;
  // One per line, from a file in the model's folder; used if the model's metadata has none.
  std::optional<std::string> characters;
  bool prefers_file = false;  // use `characters` even if the metadata has some (params.characters is set)
};

// Reads the parameters of a model of the family "ctc". kInvalidArgument names the model and what is wrong.
StatusOr<RecogniserSettings> ReadRecogniserSettings(const ModelSpec& recogniser);

// Thread-safe.
class LineRecogniser {
 public:
  explicit LineRecogniser(RecogniserSettings settings) : settings_(std::move(settings)) {}

  const RecogniserSettings& settings() const { return settings_; }

  // Returns the text of each of `lines`, with any score. Returns kInvalidArgument when neither the model file (metadata
  // key "character") nor a file in its folder lists the characters of its classes.
  StatusOr<std::vector<ReadText>> Read(Session& session, std::span<const LineImage> lines) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  StatusOr<std::shared_ptr<const CtcAlphabet>> Alphabet(const Session& session, std::size_t classes)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const RecogniserSettings settings_;
  Mutex mutex_;
  // Cached between photos: a list of about ten thousand characters.
  std::shared_ptr<const CtcAlphabet> alphabet_ ABSL_GUARDED_BY(mutex_);
};

struct OrienterSettings {
  // The manifest's values. A missing height or width is the one that the graph declares, else 48 x 192 (height x
  // width). The others depend on that size: 80 x 160 is PP-OCRv5's, which was trained on stretched lines with
  // ImageNet's normalisation in RGB; every other size is treated like PP-OCRv2's: lines are padded and have PaddleOCR's
  // normalisation in BGR.
  std::optional<int> height;
  std::optional<int> width;
  std::optional<bool> stretch;
  std::optional<Normalisation> normalisation;
  double threshold = 0.9;  // RapidOCR's cls_thresh: a line is rotated only when the network is confident
};

// The line format of `session`'s graph, from the input size that it declares.
LineFormat OrienterFormat(const Session& session, const OrienterSettings& settings);

// Reads the parameters of a model of the family "orient". kInvalidArgument names the model and what is wrong.
StatusOr<OrienterSettings> ReadOrienterSettings(const ModelSpec& orienter);

// Returns for each of `lines` whether it is upside down with more than settings.threshold. kInvalidArgument if the
// network has not two classes.
StatusOr<std::vector<bool>> FindUpsideDown(Session& session, std::span<const LineImage> lines,
                                           const OrienterSettings& settings);

}  // namespace calotype
