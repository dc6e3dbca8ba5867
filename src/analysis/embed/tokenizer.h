// Turns text into the token ids that a text encoder takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// Immutable and thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Returns the start token, the pieces of `text` and the end token, if the model has such tokens: at most max_tokens,
  // truncated before the end token. Any input is valid: bytes that are not UTF-8 are dropped, names of special tokens
  // ("<|endoftext|>") are plain text, and everything after 64 KiB is ignored.
  virtual std::vector<int64_t> Encode(std::string_view text) const = 0;

  // The token that fills a row up to the model's length; nullopt when the files do not define one.
  virtual std::optional<int64_t> padding_id() const = 0;
};

// Text beyond this length is ignored. It is longer than any query and limits the cost of a hostile one.
inline constexpr std::size_t kMaxTextBytes = std::size_t{64} * 1024;

// How a text is cleaned before it is tokenized.
enum class TextCleaning {
  kNone,
  kCanonical,  // SigLIP's canonicalize_text: no ASCII punctuation, lower case, single spaces
};

struct TokenizerOptions {
  int max_tokens = 256;    // including start and end token
  bool lower_case = true;  // for a vocab.txt, which has no such setting; also strips accents
  TextCleaning cleaning = TextCleaning::kNone;
};

// Loads the tokenizer in `file`. The name decides the format:
//   tokenizer.json (any .json with a "model"): BPE, Unigram or WordPiece with its steps, as Hugging Face's tokenizers
//   writes it
//   vocab.json: CLIP's byte-level BPE, with merges.txt in the same folder
//   *.txt: WordPiece, one piece per line
// The padding token is that of the file's "padding", of tokenizer_config.json in the same folder, or "[PAD]" for a
// vocab.txt. Returns kNotFound, or kInvalidArgument with the file's name and what is not supported.
StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const std::filesystem::path& file, const TokenizerOptions& options);

// SigLIP's canonicalize_text.
std::string Canonical(std::string_view text);

}  // namespace calotype
