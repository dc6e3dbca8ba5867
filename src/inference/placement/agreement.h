// Decides whether two devices give the same answers. It compares what an analyser reports, not raw tensors: a lower
// precision changes every number a little without changing a result.
#pragma once

#include <string>
#include <vector>

#include "base/geometry.h"

namespace calotype {

struct ProbeBox {
  std::string label;  // empty for detectors with one class only
  float score = 0;
  Box box;        // pixels of the probe's photo
  int photo = 0;  // index of the photo, if the probe has several
};

// A model's answer to its probe, decoded as its analyser does. The task decides which members are used.
struct ProbeAnswer {
  std::vector<std::vector<float>> vectors;  // unit length
  std::vector<ProbeBox> boxes;
  float box_threshold = 0;  // the lowest score at which boxes are reported
  std::vector<std::string> texts;
};

struct Agreement {
  bool agrees = false;
  std::string figure;  // "cosine 0.9997", "5 boxes, overlap 0.98, scores within 0.004", "texts equal"
};

// Two answers agree if
// - vectors have a cosine of at least 0.98 each and 0.995 on average, which is less change than saving a photo as JPEG
//   once more causes;
// - each box overlaps one with the same label by at least 0.9 (intersection over union) and their scores differ by at
//   most 0.05; boxes whose score is within 0.05 of the threshold may be missing;
// - texts are equal.
Agreement CompareAnswers(const ProbeAnswer& reference, const ProbeAnswer& seen);

}  // namespace calotype
