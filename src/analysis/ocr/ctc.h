// Connectionist temporal classification: from one distribution over characters per time step to a line of text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// What each class of a recogniser stands for. Class 0 is the blank.
class CtcAlphabet {
 public:
  // From the list that PP-OCR models carry: one character a line. With two classes more than lines, the list lies
  // between the blank and a space (PP-OCR's convention); with one more there is no space, or, if the first line is
  // "blank", the space alone is missing; with as many, the list is complete and its first line is the blank's name.
  // kInvalidArgument for any other number.
  static StatusOr<CtcAlphabet> FromLines(std::string_view lines, std::size_t classes);

  std::size_t size() const { return characters_.size(); }
  // UTF-8; empty for the blank.
  std::string_view operator[](std::size_t index) const { return characters_[index]; }

 private:
  std::vector<std::string> characters_;
};

struct ReadText {
  std::string text;
  float score = 0;  // mean probability of the characters kept; 0 when there are none
};

// The likeliest class of every step, repeats merged, blanks dropped. `probabilities` is [steps, alphabet.size()], row
// by row; what is left over behind the last whole step is not read.
ReadText DecodeCtc(std::span<const float> probabilities, const CtcAlphabet& alphabet);

}  // namespace calotype
