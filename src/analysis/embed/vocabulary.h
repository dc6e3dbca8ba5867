// The pieces that a tokenizer knows, and what turns one word into them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"

namespace calotype {

// From a piece to its id.
class Vocabulary {
 public:
  // The last of several ids for one piece counts. kInvalidArgument for an id that is none.
  Status Add(std::string piece, int64_t id);
  std::optional<int64_t> Find(std::string_view piece) const;
  std::size_t size() const { return ids_.size(); }

 private:
  // The largest vocabulary known has a few hundred thousand.
  static constexpr int64_t kMostIds = int64_t{1} << 30;

  absl::flat_hash_map<std::string, int64_t> ids_;
};

// Of an object from pieces to ids: vocab.json. kInvalidArgument, with what is wrong.
StatusOr<Vocabulary> ReadVocabulary(std::string_view json);

// The tokens "<0x00>" to "<0xFF>" for each byte of `text`, as SentencePiece writes what no piece covers; nullopt when
// one of them is not in `vocabulary`.
std::optional<std::vector<int64_t>> ByteTokens(const Vocabulary& vocabulary, std::string_view text);

// Immutable, so safe from many threads.
class PieceEncoder {
 public:
  virtual ~PieceEncoder() = default;
  // Appends the ids of `word`, valid UTF-8, to `ids`.
  virtual void Encode(std::string_view word, std::vector<int64_t>& ids) const = 0;
};

}  // namespace calotype
