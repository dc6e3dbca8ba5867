// SentencePiece's normaliser as stored in its models: a table of replacements, compiled to a trie.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// Gives the results of Hugging Face's tokenizers (its normalizer "Precompiled"): a match at the start of a grapheme
// cluster of up to 5 bytes replaces the whole cluster. Immutable and thread-safe.
class Charsmap {
 public:
  // `table` is the content of precompiled_charsmap. Returns kInvalidArgument when it is malformed.
  static StatusOr<Charsmap> Create(std::string_view table);

  // Returns `text`, which must be valid UTF-8, normalised.
  std::string Apply(std::string_view text) const;

 private:
  Charsmap(std::vector<uint32_t> trie, std::string texts) : trie_(std::move(trie)), texts_(std::move(texts)) {}

  // Appends the replacement of `chunk`; returns false when the table has none.
  bool Replace(std::string_view chunk, std::string& out) const;

  std::vector<uint32_t> trie_;  // a double array (Aoe 1989); units as in S. Yata's darts-clone
  std::string texts_;           // the replacements, each ended by a zero byte
};

}  // namespace calotype
