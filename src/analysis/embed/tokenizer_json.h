// tokenizer.json, the file in which Hugging Face's tokenizers keeps a whole tokenizer.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/embed/tokenizer.h"
#include "base/status.h"

namespace calotype {

// The tokenizer that `json` describes. `settings`: the text of tokenizer_config.json, empty for none. kInvalidArgument
// that names what is not known here, or how the file is no such file.
StatusOr<std::unique_ptr<Tokenizer>> ReadTokenizerJson(std::string_view json, std::string_view settings,
                                                       const TokenizerOptions& options);

// CLIP's tokenizer: `vocabulary` is an object from pieces to ids, `merges` two pieces a line after a line "#version".
StatusOr<std::unique_ptr<Tokenizer>> ReadClipTokenizer(std::string_view vocabulary, std::string_view merges,
                                                       std::string_view settings, const TokenizerOptions& options);

}  // namespace calotype
