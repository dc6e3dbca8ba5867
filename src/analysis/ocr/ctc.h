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
  // Creates it from the list in PP-OCR models, one character per line. With two classes more than lines, the list goes
  // between the blank and a space (PP-OCR's convention). With one class more, there is no space; or, if the first line
  // is "blank", only the space is missing. With as many classes as lines, the list is complete and starts with the
  // blank's name. Returns kInvalidArgument for any other number.
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
