// SentencePiece's normaliser as its models carry it: a table from texts to what they become, compiled to a trie.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// Answers are those of Hugging Face's tokenizers (its normalizer "Precompiled"): what matches at the start of a
// grapheme cluster of up to 5 bytes replaces the whole of it. Immutable, so safe from many threads.
class Charsmap {
 public:
  // `table`: the bytes of precompiled_charsmap. kInvalidArgument when they are none.
  static StatusOr<Charsmap> Create(std::string_view table);

  // `text`, valid UTF-8, normalised.
  std::string Apply(std::string_view text) const;

 private:
  Charsmap(std::vector<uint32_t> trie, std::string texts) : trie_(std::move(trie)), texts_(std::move(texts)) {}

  // Appends what `chunk` becomes; false when the table does not say.
  bool Replace(std::string_view chunk, std::string& out) const;

  std::vector<uint32_t> trie_;  // a double array (Aoe 1989), units as in S. Yata's darts-clone
  std::string texts_;           // replacements, each ended by a zero byte
};

}  // namespace calotype
