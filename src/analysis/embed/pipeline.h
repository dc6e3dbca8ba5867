// A tokenizer as a row of steps, in the terms of Hugging Face's tokenizers: added tokens, normalizer, pre-tokenizer,
// model, post-processor.
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

// Text to text: a normalizer.
using TextStep = std::function<std::string(std::string_view)>;

// A part of the text on its way to the model.
struct Word {
  std::string text;
  bool at_start = false;  // nothing of the text lies before it
};

// One part to several: a pre-tokenizer.
using SplitStep = std::function<std::vector<Word>(Word)>;

// What becomes of matches when a text is split at them; names as in tokenizer.json.
enum class SplitBehaviour { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

// Splits at the matches of `pattern`, or, if `invert`, at what lies between them.
SplitStep SplitAt(Pattern pattern, SplitBehaviour behaviour, bool invert);

// SentencePiece's way with spaces: each becomes `replacement` and starts a part.
struct MetaspaceOptions {
  enum class Prepend { kAlways, kFirst, kNever };
  std::string replacement = "\xE2\x96\x81";
  // `replacement` before a part that does not start with it. Of kFirst, the text is what the normalizer left: a
  // normalizer that drops what a text starts with makes no difference, as it would in tokenizers.
  Prepend prepend = Prepend::kAlways;
  bool split = true;
};
SplitStep Metaspace(const MetaspaceOptions& options);

// A token that is cut out of the text before anything else happens to it.
struct AddedToken {
  std::string text;
  int64_t id = 0;
};

struct PipelineParts {
  std::vector<AddedToken> added;             // found in the text as it comes
  std::vector<AddedToken> added_normalised;  // found in the normalised text
  std::vector<TextStep> normaliser;
  std::vector<SplitStep> splitter;
  std::unique_ptr<PieceEncoder> model;
  std::vector<int64_t> prefix;  // start tokens
  std::vector<int64_t> suffix;  // end tokens
  std::optional<int64_t> padding_id;
};

// kInvalidArgument when prefix and suffix alone are more than options.max_tokens.
StatusOr<std::unique_ptr<Tokenizer>> MakePipeline(PipelineParts parts, const TokenizerOptions& options);

}  // namespace calotype
