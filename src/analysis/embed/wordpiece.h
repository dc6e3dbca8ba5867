// WordPiece, the tokenizer of BERT and its descendants (MiniLM).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/embed/tokenizer.h"
#include "analysis/embed/vocabulary.h"
#include "base/status.h"

namespace calotype {

struct WordPieceOptions {
  bool lower_case = true;  // and strip accents, for an uncased vocabulary
  int max_tokens = 256;    // including [CLS] and [SEP]; at least 2
};

// Gives the token ids of Hugging Face's BertWordPieceTokenizer, with two exceptions: names of special tokens in the
// text ("[SEP]") are plain text, and character properties are those of the installed utf8proc, not of Unicode 8.
// Immutable and thread-safe.
class WordPieceTokenizer final : public Tokenizer {
 public:
  // Loads a vocab.txt: one piece per line; its id is the line number, starting at 0.
  static StatusOr<WordPieceTokenizer> Load(const std::filesystem::path& vocabulary, const WordPieceOptions& options);

  // Creates it from the file's text. Returns kInvalidArgument when [UNK], [CLS] or [SEP] is missing or an option is out
  // of range.
  static StatusOr<WordPieceTokenizer> Create(std::string_view vocabulary, const WordPieceOptions& options);

  // Returns [CLS], the pieces of `text` and [SEP]: 2 to max_tokens ids. Any input is valid: bytes that are not UTF-8
  // are dropped.
  std::vector<int64_t> Encode(std::string_view text) const override;

  // The id of [PAD].
  std::optional<int64_t> padding_id() const override { return vocabulary_.Find("[PAD]"); }

 private:
  WordPieceTokenizer(PieceVocabulary vocabulary, const WordPieceOptions& options);

  std::vector<int64_t> EncodeWord(std::string_view word) const;

  PieceVocabulary vocabulary_;
  WordPieceOptions options_;
  int64_t unknown_ = 0;
  int64_t start_ = 0;
  int64_t end_ = 0;
};

}  // namespace calotype
