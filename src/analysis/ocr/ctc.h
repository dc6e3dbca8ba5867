// Connectionist temporal classification: turns a distribution over characters per time step into a line of text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// The character of each class of a recogniser. Class 0 is the blank.
class CtcAlphabet {
 public:
  // Creates it from the list in PP-OCR models, one character per line. The list may lack the blank, the space or both;
  // `classes` minus the number of lines shows what is added:
  //   2  the blank in front and a space at the end (PP-OCR's convention)
  //   1  the blank in front; if the first line is "blank", a space at the end instead
  //   0  nothing: the first line is the name of the blank
  // kInvalidArgument for any other difference.
  static StatusOr<CtcAlphabet> FromLines(std::string_view lines, std::size_t classes);

  std::size_t size() const { return characters_.size(); }
  // The character in UTF-8; empty for the blank.
  std::string_view operator[](std::size_t index) const { return characters_[index]; }

 private:
  std::vector<std::string> characters_;
};

struct ReadText {
  std::string text;
  float score = 0;  // mean probability of the characters; 0 when there are none
};

// Takes the most likely class of each step, merges repeats and drops blanks. `probabilities` is [steps,
// alphabet.size()], row by row; an incomplete last step is ignored.
ReadText DecodeCtc(std::span<const float> probabilities, const CtcAlphabet& alphabet);

}  // namespace calotype
