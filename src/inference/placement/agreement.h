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

// A line of text that the whole analysis reads, not one model.
struct ProbeLine {
  std::string text;
  Box box;        // pixels of the probe's photo
  int photo = 0;  // as in ProbeBox
};

// A model's answer to its probe, decoded as its analyser does. The task decides which members are used.
struct ProbeAnswer {
  std::vector<std::vector<float>> vectors;  // unit length
  std::vector<ProbeBox> boxes;
  float box_threshold = 0;  // the lowest score at which boxes are reported
  std::vector<std::string> texts;
  std::vector<ProbeLine> lines;
};

struct Agreement {
  bool agrees = false;
  std::string figure;  // "cosine 0.9997", "5 of 5 boxes the same", "texts equal"
};

// Two answers agree if
// - vectors have a cosine of at least 0.98 each and 0.995 on average, which is less change than saving a photo as JPEG
//   once more causes;
// - each box overlaps one with the same label by at least 0.9 (intersection over union) and their scores differ by at
//   most 0.05; boxes whose score is within 0.05 of the threshold may be missing;
// - texts are equal;
// - lines are equal: each overlaps one with the same text by at least 0.5.
// `saved_again` is the reference's own answer to the same photos after they were saved as JPEG once more; it may be
// null. As many boxes, or bytes of lines, may then differ as differ there, up to a quarter of them: what such a change
// of the photo decides is not worth a slower device.
Agreement CompareAnswers(const ProbeAnswer& reference, const ProbeAnswer& seen,
                         const ProbeAnswer* saved_again = nullptr);

}  // namespace calotype
