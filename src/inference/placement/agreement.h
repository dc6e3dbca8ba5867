// Do two devices say the same about one input? Compared is what an analyser answers, not raw tensors: a coarser
// precision moves every number a little and need not change one finding.
#pragma once

#include <string>
#include <vector>

#include "base/geometry.h"

namespace calotype {

struct ProbeBox {
  std::string label;  // empty where a detector knows one kind only
  float score = 0;
  Box box;        // pixels of the probe's photo
  int photo = 0;  // which one, when the probe has several
};

// What a model answers to its probe's input, read as its analyser reads it. Which members are filled depends on the
// task.
struct ProbeAnswer {
  std::vector<std::vector<float>> vectors;  // unit length
  std::vector<ProbeBox> boxes;
  float box_threshold = 0;  // the score from which boxes are reported
  std::vector<std::string> texts;
};

struct Agreement {
  bool agrees = false;
  std::string figure;  // "cosine 0.9997", "5 boxes, overlap 0.98, scores within 0.004", "texts equal"
};

// The rule: vectors with a cosine of 0.98 at least and 0.995 in the mean, which is a smaller change than that of saving
// a photo as JPEG once more; boxes that overlap by 0.9 (intersection over union) with one of the same label whose score
// is within 0.05, where a box whose score is that near to the threshold may be missing; equal texts.
Agreement CompareAnswers(const ProbeAnswer& reference, const ProbeAnswer& seen);

}  // namespace calotype
