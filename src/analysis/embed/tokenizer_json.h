// Reads tokenizer.json, the format in which Hugging Face's tokenizers stores a whole tokenizer.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/embed/tokenizer.h"
#include "base/status.h"

namespace calotype {

// Returns the tokenizer that `json` describes. `settings` is the text of tokenizer_config.json, or empty. Returns
// kInvalidArgument with what is malformed or not supported.
StatusOr<std::unique_ptr<Tokenizer>> ReadTokenizerJson(std::string_view json, std::string_view settings,
                                                       const TokenizerOptions& options);

// Returns CLIP's tokenizer. `vocabulary` is a JSON object from pieces to ids; `merges` has two pieces per line after a
// line "#version".
StatusOr<std::unique_ptr<Tokenizer>> ReadClipTokenizer(std::string_view vocabulary, std::string_view merges,
                                                       std::string_view settings, const TokenizerOptions& options);

}  // namespace calotype
