// The regular expressions that tokenizers are published with. There are few, so each is a function instead of an engine
// that could run them all.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// How many bytes of `text` match at `at`, the start of a character; 0 for none.
using Pattern = std::function<std::size_t(std::string_view text, std::size_t at)>;

// `text` itself, which must not be empty.
Pattern Literal(std::string text);

// CLIP's words: contractions, runs of letters, single digits, runs of all else but white space.
Pattern ClipWords();

// GPT-2's words: as above, each with the space before it, digits in runs; and runs of white space.
Pattern Gpt2Words();

// The pattern for a regular expression: CLIP's and GPT-2's, runs of white space or spaces, and sets of ASCII
// characters. kInvalidArgument that shows any other.
StatusOr<Pattern> PatternFor(std::string_view regex);

// A part of a text, between matches or one of them. Never empty.
struct Segment {
  std::string_view text;
  bool match = false;
};

// All of `text`, cut around the matches of `pattern` from its start on.
std::vector<Segment> CutAt(std::string_view text, const Pattern& pattern);

// `text` with `replacement` for every match of `pattern`.
std::string ReplaceAll(std::string_view text, const Pattern& pattern, std::string_view replacement);

}  // namespace calotype
