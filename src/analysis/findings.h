// What analysers find. All coordinates are pixels of the upright original, whatever size was analysed.
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
  std::array<Point, 5> landmarks;  // eye at the image's left, eye at the right, nose tip, mouth corner left, right
  std::vector<float> embedding;    // unit length; empty until faces.recognise ran
  std::optional<float> sharpness;  // 0 to 1, faces/sharpness.h; unknown until faces.recognise ran

  // False when the detector tells boxes alone: all five are then zero.
  bool has_landmarks() const;
};

struct TextFinding {
  std::string text;  // one line, UTF-8
  float score = 0;   // mean probability of its characters
  Quad quad;
};

struct Tag {
  std::string label;
  float score = 0;
};

struct EmbeddingFinding {
  std::string space;          // vectors of one space can be compared, text with image: "minilm-l6-v2"
  std::vector<float> vector;  // unit length
  std::vector<Tag> tags;      // what a classifying encoder is sure of; may be empty
};

struct PdqFinding {
  std::array<uint8_t, 32> hash{};  // most significant bit first, as the reference prints it
  int quality = 0;                 // 0 to 100; under 50 means too little detail to compare
};

// A member is set once its analyser ran, empty or not.
struct Findings {
  std::optional<std::vector<ObjectFinding>> objects;
  std::optional<std::vector<FaceFinding>> faces;
  std::optional<std::vector<TextFinding>> text;
  std::optional<EmbeddingFinding> embedding;
  std::optional<PdqFinding> pdq;
};

// False when a number in it is none (a model or a device that answers NaN or infinity).
bool AllFinite(const Findings& findings);

}  // namespace calotype
