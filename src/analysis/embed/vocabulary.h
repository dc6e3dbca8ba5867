// The pieces that a tokenizer knows, and what turns one word into them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace calotype {

// From a piece to its id.
class Vocabulary {
 public:
  // The last of several ids for one piece counts.
  void Add(std::string piece, int64_t id) { ids_.insert_or_assign(std::move(piece), id); }
  std::optional<int64_t> Find(std::string_view piece) const;
  std::size_t size() const { return ids_.size(); }

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard library looks for it
    std::size_t operator()(std::string_view piece) const { return std::hash<std::string_view>()(piece); }
  };
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> ids_;
};

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
