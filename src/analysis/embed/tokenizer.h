// From words to the numbers that a text encoder takes.
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

// Immutable, so safe from many threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // The start token, the pieces of `text`, the end token, as far as the model has them: at most max_tokens, cut before
  // the end token. Anything is text: bytes that are not UTF-8 are dropped, names of special tokens ("<|endoftext|>")
  // are plain text, and what comes after 64 KiB is not looked at.
  virtual std::vector<int64_t> Encode(std::string_view text) const = 0;

  // What fills a row up to the model's length; nullopt when the files do not say.
  virtual std::optional<int64_t> padding_id() const = 0;
};

// The most text that is looked at; longer than any query, and bounds what a hostile one costs.
inline constexpr std::size_t kMaxTextBytes = std::size_t{64} * 1024;

// What is done to a text before the tokenizer sees it.
enum class TextCleaning {
  kNone,
  kCanonical,  // ASCII punctuation dropped, lower case, single spaces: SigLIP's canonicalize_text
};

struct TokenizerOptions {
  int max_tokens = 256;    // with start and end token
  bool lower_case = true;  // of a vocab.txt, which does not say it itself: accents are stripped too
  TextCleaning cleaning = TextCleaning::kNone;
};

// The tokenizer of `file`, by its name:
//   tokenizer.json (any .json with a "model"): BPE, Unigram or WordPiece with the steps around it, as Hugging Face's
//     tokenizers writes it
//   vocab.json: CLIP's byte-level BPE, with merges.txt beside it
//   *.txt: WordPiece, one piece a line
// The padding token is the one of its own "padding", of tokenizer_config.json beside it, or "[PAD]" of a vocab.txt.
// kNotFound, or kInvalidArgument that names the file and what in it is not known here.
StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const std::filesystem::path& file, const TokenizerOptions& options);

// SigLIP's canonicalize_text.
std::string Canonical(std::string_view text);

}  // namespace calotype
