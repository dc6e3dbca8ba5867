// The text detector finds regions of text in a photo.
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
  // The long side of the small copy for the coarse pass; the fine pass covers only the areas where the coarse pass
  // finds something like text. 0: always one full pass.
  int coarse_side = 960;
  double coarse_threshold = 0.3;  // a pixel above it is "something like text"
  RegionOptions regions;
  Normalisation normalisation;
};

// Reads the parameters of a model of the family "db". kInvalidArgument names the model and what is wrong.
StatusOr<DetectorSettings> ReadDetectorSettings(const ModelSpec& detector);

// The image that the detector analysed, and the text regions that it found.
struct DetectedText {
  DetectionInput input;
  Image scaled;                     // the photo scaled and padded; empty when the photo was used unchanged
  std::vector<TextRegion> regions;  // in reading order, in pixels of that image
};
StatusOr<DetectedText> DetectText(Session& session, const Image& photo, const DetectorSettings& settings);

// Detects text in one pass over the whole photo, which is scaled straight to `input` with Pillow's Lanczos filter.
// Returns the regions in reading order, in pixels of the photo. kResourceExhausted when `input` has more than
// kMaxInputPixels.
StatusOr<std::vector<TextRegion>> DetectTextAt(Session& session, const Image& photo, PixelSize input,
                                               const DetectorSettings& settings);
inline constexpr int64_t kMaxInputPixels = 16'000'000;

}  // namespace calotype
