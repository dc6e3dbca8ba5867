// The results of the analysers. All coordinates are pixels of the upright original, whatever size was analysed. Of a
// document with several pages, text is that of all pages, everything else that of the first.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/geometry.h"

namespace calotype {

struct ObjectFinding {
  std::string label;
  float score = 0;  // 0 to 1
  Box box;
};

struct FaceFinding {
  float score = 0;  // 0 to 1
  Box box;
  std::array<Point, 5> landmarks;  // left eye, right eye, nose tip, left mouth corner, right one, as in the image
  std::vector<float> embedding;    // unit length; empty until faces.recognise ran
  std::optional<float> sharpness;  // 0 to 1, see faces/sharpness.h; unset until faces.recognise ran

  // False for a detector that returns only boxes; all five landmarks are then zero.
  bool has_landmarks() const;
};

struct TextFinding {
  std::string text;  // one line, UTF-8
  float score = 0;   // mean probability of its characters
  Quad quad;
  int page = 1;  // of a document; `quad` is in pixels of this page
};

struct Tag {
  std::string label;
  float score = 0;
};

struct EmbeddingFinding {
  std::string space;          // "minilm-l6-v2"; only vectors of the same space are comparable, text and image
  std::vector<float> vector;  // unit length
  std::vector<Tag> tags;      // labels that a classifying encoder is confident of; may be empty
};

struct PdqFinding {
  std::array<uint8_t, 32> hash{};  // most significant bit first, as the reference implementation prints it
  int quality = 0;                 // 0 to 100; below 50 the photo has too little detail to compare
};

// A member is set once its analyser has run, even when it found nothing.
struct Findings {
  std::optional<std::vector<ObjectFinding>> objects;
  std::optional<std::vector<FaceFinding>> faces;
  std::optional<std::vector<TextFinding>> text;
  std::optional<EmbeddingFinding> embedding;
  std::optional<PdqFinding> pdq;
};

// False when `findings` contains NaN or infinity, which a faulty model or device can produce.
bool AllFinite(const Findings& findings);

}  // namespace calotype
