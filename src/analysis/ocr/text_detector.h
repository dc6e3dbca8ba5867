// The text detector: a photo in, regions of text out.
#pragma once

#include <vector>

#include "analysis/image_ops.h"
#include "analysis/ocr/detection_input.h"
#include "analysis/ocr/text_regions.h"
#include "base/status.h"
#include "inference/engine.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

struct DetectorSettings {
  DetectionLimits limits;
  // The long side of a small copy at which a photo is looked at first; only where that sees anything like text is it
  // looked at in full. 0: always all of it.
  int first_look = 960;
  double first_threshold = 0.3;  // what "anything like text" is: a pixel, where a region is the mean of many
  RegionOptions regions;
  Normalisation normalisation;
};

// From the parameters of a model of the family "db". kInvalidArgument names the model and what is wrong.
StatusOr<DetectorSettings> ReadDetectorSettings(const ModelSpec& detector);

// A photo as the detector was shown it, and where it sees text in it.
struct DetectedText {
  DetectionInput input;
  Image scaled;                     // and padded; empty when the photo was shown as it is
  std::vector<TextRegion> regions;  // in reading order, in pixels of that
};
StatusOr<DetectedText> DetectText(Session& session, const Image& photo, const DetectorSettings& settings);

}  // namespace calotype
