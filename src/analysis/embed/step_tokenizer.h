// A tokenizer built from the steps of Hugging Face's tokenizers: added tokens, normalizer, pre-tokenizer, model,
// post-processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/embed/pattern.h"
#include "analysis/embed/tokenizer.h"
#include "analysis/embed/vocabulary.h"

namespace calotype {

// A normalizer: changes a text.
using TextStep = std::function<std::string(std::string_view)>;

// A part of a text that is being split.
struct Word {
  std::string text;
  bool at_start = false;  // it begins at the start of the text
};

// A pre-tokenizer: splits a part of the text.
using SplitStep = std::function<std::vector<Word>(Word)>;

// How a text is split at the matches of a pattern, with the names of tokenizer.json: the matches are removed, become
// parts of their own, join the part before or after them, or adjacent matches become one part (kContiguous).
enum class SplitBehaviour { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

// Splits at the matches of `pattern` or, if `invert`, at the text between them.
SplitStep SplitAt(Pattern pattern, SplitBehaviour behaviour, bool invert);

// SentencePiece's handling of spaces: each space becomes `replacement` and starts a new part.
struct MetaspaceOptions {
  enum class Prepend { kAlways, kFirst, kNever };
  std::string replacement = "\xE2\x96\x81";
  // Whether to put `replacement` before a part that does not start with it: before every part, only before the part at
  // the start of the text, or never. For kFirst, the start is that of the normalised text. Hugging Face's library takes
  // the start of the original text, so that the result differs if a normalizer removes its first characters.
  Prepend prepend = Prepend::kAlways;
  bool split = true;
};
SplitStep Metaspace(const MetaspaceOptions& options);

// A token that is cut out of the text before any other step.
struct AddedToken {
  std::string text;
  int64_t id = 0;
};

struct StepTokenizerParts {
  std::vector<AddedToken> added;             // searched in the original text
  std::vector<AddedToken> added_normalised;  // searched in the normalised text
  std::vector<TextStep> normaliser;
  std::vector<SplitStep> splitter;
  std::unique_ptr<PieceEncoder> model;
  std::vector<int64_t> prefix;  // start tokens
  std::vector<int64_t> suffix;  // end tokens
  std::optional<int64_t> padding_id;
};

// Returns kInvalidArgument when prefix and suffix alone exceed options.max_tokens.
StatusOr<std::unique_ptr<Tokenizer>> MakeStepTokenizer(StepTokenizerParts parts, const TokenizerOptions& options);

}  // namespace calotype
