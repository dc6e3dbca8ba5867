// WordPiece, the tokenizer of BERT and of what descends from it (MiniLM).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/embed/tokenizer.h"
#include "base/status.h"

namespace calotype {

struct WordPieceOptions {
  bool lower_case = true;  // and strip accents: an uncased vocabulary
  int max_tokens = 256;    // with [CLS] and [SEP]; at least 2
};

// Token ids equal those of Hugging Face's BertWordPieceTokenizer, but for two things: names of special tokens in the
// text ("[SEP]") are plain text here, and character properties are those of the installed utf8proc, not of Unicode 8.
// Immutable, so safe from many threads.
class WordPieceTokenizer final : public Tokenizer {
 public:
  // The vocabulary from a vocab.txt: one piece a line, its id is the line's number from 0.
  static StatusOr<WordPieceTokenizer> Load(const std::filesystem::path& vocabulary, const WordPieceOptions& options);

  // The same from the file's text. kInvalidArgument when [UNK], [CLS] or [SEP] is missing or `options` makes no sense.
  static StatusOr<WordPieceTokenizer> Create(std::string_view vocabulary, const WordPieceOptions& options);

  // [CLS], the pieces of `text`, [SEP]: 2 to max_tokens ids. Anything is text: bytes that are not UTF-8 are dropped.
  std::vector<int64_t> Encode(std::string_view text) const override;

  // Of [PAD].
  std::optional<int64_t> padding_id() const override { return Find("[PAD]"); }

 private:
  using Vocabulary = std::map<std::string, int64_t, std::less<>>;

  WordPieceTokenizer(Vocabulary vocabulary, const WordPieceOptions& options);

  std::optional<int64_t> Find(std::string_view piece) const;
  std::vector<int64_t> EncodeWord(std::string_view word) const;

  Vocabulary vocabulary_;
  WordPieceOptions options_;
  int64_t unknown_ = 0;
  int64_t start_ = 0;
  int64_t end_ = 0;
};

}  // namespace calotype
