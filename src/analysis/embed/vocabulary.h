// A tokenizer's vocabulary, and the interface that turns a word into pieces of it.
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

// Maps pieces to ids.
class PieceVocabulary {
 public:
  // When a piece is added several times, the last id counts. Returns kInvalidArgument for an id out of range.
  Status Add(std::string piece, int64_t id);
  std::optional<int64_t> Find(std::string_view piece) const;
  std::size_t size() const { return ids_.size(); }

 private:
  // The largest known vocabularies have a few hundred thousand pieces.
  static constexpr int64_t kMostIds = int64_t{1} << 30;

  absl::flat_hash_map<std::string, int64_t> ids_;
};

// Reads a JSON object from pieces to ids (vocab.json). Returns kInvalidArgument with what is wrong.
StatusOr<PieceVocabulary> ReadVocabulary(std::string_view json);

// Returns the tokens "<0x00>" to "<0xFF>" for the bytes of `text`: SentencePiece's form of text that no piece covers.
// Returns nullopt when one of them is not in `vocabulary`.
std::optional<std::vector<int64_t>> ByteTokens(const PieceVocabulary& vocabulary, std::string_view text);

// Immutable and thread-safe.
class PieceEncoder {
 public:
  virtual ~PieceEncoder() = default;
  // Appends the ids of `word`, which must be valid UTF-8, to `ids`.
  virtual void Encode(std::string_view word, std::vector<int64_t>& ids) const = 0;
};

}  // namespace calotype
