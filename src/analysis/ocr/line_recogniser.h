// The recogniser: images of lines in, their text out. And the classifier that tells whether a line is upside down.
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
  // What is read with less is left out. RapidOCR's text_score is 0.5, which lets through what it reads into texture.
  double score_threshold = 0.8;
  std::optional<std::string> characters;  // of a file beside the model, one a line
  bool prefers_file = false;              // to what the model's own metadata says
};

// From the parameters of a model of the family "ctc". kInvalidArgument names the model and what is wrong.
StatusOr<RecogniserSettings> ReadRecogniserSettings(const ModelSpec& recogniser);

// Thread-safe.
class LineRecogniser {
 public:
  explicit LineRecogniser(RecogniserSettings settings) : settings_(std::move(settings)) {}

  const RecogniserSettings& settings() const { return settings_; }

  // What is written in each of `lines`, whatever its score. kInvalidArgument when neither the model file
  // (metadata key "character") nor a file beside it says what its classes stand for.
  StatusOr<std::vector<ReadText>> Read(Session& session, std::span<const LineImage> lines) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  StatusOr<std::shared_ptr<const CtcAlphabet>> Alphabet(const Session& session, std::size_t classes)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const RecogniserSettings settings_;
  Mutex mutex_;
  // Kept between photos: it is a list of some ten thousand characters.
  std::shared_ptr<const CtcAlphabet> alphabet_ ABSL_GUARDED_BY(mutex_);
};

struct OrienterSettings {
  // What the manifest says; the rest is the network's: one of 80 x 160 is PP-OCRv5's, which was trained on lines that
  // are stretched and normalised as ImageNet's, red first; any other is taken as PP-OCRv2's of 48 x 192.
  std::optional<int> height;
  std::optional<int> width;
  std::optional<bool> stretch;
  std::optional<Normalisation> normalisation;
  double threshold = 0.9;  // RapidOCR's cls_thresh: a line is turned only when the network is sure
};

// How `session`'s graph takes lines, by what it states of its size.
LineFormat OrienterFormat(const Session& session, const OrienterSettings& settings);

// From the parameters of a model of the family "orient".
StatusOr<OrienterSettings> ReadOrienterSettings(const ModelSpec& orienter);

// For each of `lines`, whether it is upside down.
StatusOr<std::vector<bool>> FindUpsideDown(Session& session, std::span<const LineImage> lines,
                                           const OrienterSettings& settings);

}  // namespace calotype
