// The recogniser: images of lines in, their text out. And the classifier that tells whether a line is upside down.
#pragma once

#include <memory>
#include <span>
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
  double score_threshold = 0;  // what is read with less is left out
};

// From the parameters of a model of the family "ctc". kInvalidArgument names the model and what is wrong.
StatusOr<RecogniserSettings> ReadRecogniserSettings(const ModelSpec& recogniser);

// Thread-safe.
class LineRecogniser {
 public:
  explicit LineRecogniser(const RecogniserSettings& settings) : settings_(settings) {}

  const RecogniserSettings& settings() const { return settings_; }

  // What is written in each of `lines`, whatever its score. kInvalidArgument when the model file does not say what its
  // classes stand for (metadata key "character").
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
  LineFormat format;
  double threshold = 0.9;  // RapidOCR's cls_thresh: a line is turned only when the network is sure
};

// From the parameters of a model of the family "orient".
StatusOr<OrienterSettings> ReadOrienterSettings(const ModelSpec& orienter);

// For each of `lines`, whether it is upside down.
StatusOr<std::vector<bool>> FindUpsideDown(Session& session, std::span<const LineImage> lines,
                                           const OrienterSettings& settings);

}  // namespace calotype
