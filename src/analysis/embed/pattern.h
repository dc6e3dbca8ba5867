// The regular expressions that published tokenizers use. They are few, so each is a function; there is no regex engine.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// Returns the number of bytes of `text` that match at `at`, the start of a character; 0 for no match.
using Pattern = std::function<std::size_t(std::string_view text, std::size_t at)>;

// Matches `text` itself, which must not be empty.
Pattern Literal(std::string text);

// CLIP's words: contractions, runs of letters, single digits, runs of anything else except white space.
Pattern ClipWords();

// GPT-2's words: like CLIP's, but with the space before the word and with runs of digits; and runs of white space.
Pattern Gpt2Words();

// Returns the pattern for a regular expression: CLIP's, GPT-2's, runs of white space or spaces, or sets of ASCII
// characters. Returns kInvalidArgument, quoting the expression, for any other.
StatusOr<Pattern> PatternFor(std::string_view regex);

// A part of a text: a match, or the text between matches. Never empty.
struct Segment {
  std::string_view text;
  bool match = false;
};

// Splits all of `text` into matches of `pattern` and the text between them.
std::vector<Segment> CutAt(std::string_view text, const Pattern& pattern);

// Replaces every match of `pattern` in `text` by `replacement`.
std::string ReplaceAll(std::string_view text, const Pattern& pattern, std::string_view replacement);

}  // namespace calotype
