#include "analysis/ocr/ctc.h"

#include <fmt/format.h>

#include <algorithm>

namespace calotype {
namespace {

// Not a character, so a list that starts with it includes class 0.
constexpr std::string_view kBlankName = "blank";

}  // namespace

StatusOr<CtcAlphabet> CtcAlphabet::FromLines(std::string_view lines, std::size_t classes) {
  std::vector<std::string> characters;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    characters.emplace_back(line);
  }
  const std::size_t listed = characters.size();
  if (listed == 0 || classes < listed || classes > listed + 2) {
    return absl::InvalidArgumentError(
        fmt::format("a list of {} characters does not fit {} classes; it would fit {}, {} or {}", listed, classes,
                    listed, listed + 1, listed + 2));
  }
  // One class more than lines: either the blank or the space is not listed.
  const bool lists_blank = classes == listed || (classes == listed + 1 && characters.front() == kBlankName);
  if (lists_blank) {
    characters.front().clear();
  } else {
    characters.insert(characters.begin(), "");
  }
  if (characters.size() < classes) {
    characters.emplace_back(" ");
  }
  CtcAlphabet alphabet;
  alphabet.characters_ = std::move(characters);
  return alphabet;
}

ReadText DecodeCtc(std::span<const float> probabilities, const CtcAlphabet& alphabet) {
  ReadText read;
  std::size_t kept = 0;
  std::size_t previous = 0;
  for (; probabilities.size() >= alphabet.size() && alphabet.size() > 0;
       probabilities = probabilities.subspan(alphabet.size())) {
    const auto step = probabilities.first(alphabet.size());
    const auto best = static_cast<std::size_t>(std::ranges::max_element(step) - step.begin());
    if (best != previous && best != 0) {
      read.text += alphabet[best];
      read.score += step[best];
      ++kept;
    }
    previous = best;
  }
  if (kept > 0) {
    read.score /= static_cast<float>(kept);
  }
  return read;
}

}  // namespace calotype
