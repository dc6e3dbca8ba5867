#include "analysis/embed/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <queue>

#include "base/unicode.h"

namespace calotype {
namespace {

uint64_t Key(int64_t left, int64_t right) {
  return (static_cast<uint64_t>(left) << 32U) | static_cast<uint64_t>(right);
}

Status NoPiece(std::string_view what, std::string_view piece) {
  return absl::InvalidArgumentError(fmt::format("{} \"{}\" is not in the vocabulary", what, piece));
}

// A piece of a word, as an element of a linked list, so that merging does not move the others.
struct Symbol {
  int64_t id = 0;
  std::ptrdiff_t previous = -1;
  std::ptrdiff_t next = -1;
  bool joined = false;  // merged into the one before it
};

// Two neighbours that may be merged. The lowest rank is merged first; among equal ranks the leftmost.
struct Candidate {
  uint32_t rank = 0;
  std::size_t left = 0;
  int64_t id = 0;
  auto operator<=>(const Candidate&) const = default;
};

std::vector<Symbol> ToList(const std::vector<int64_t>& ids) {
  std::vector<Symbol> symbols(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto position = static_cast<std::ptrdiff_t>(i);
    symbols[i] = {.id = ids[i], .previous = position - 1, .next = i + 1 < ids.size() ? position + 1 : -1};
  }
  return symbols;
}

std::array<std::string, 256> MakeByteLevelAlphabet() {
  std::array<std::string, 256> alphabet;
  Character beyond = 256;
  for (Character byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    AppendCharacter(printable ? byte : beyond++, alphabet[static_cast<std::size_t>(byte)]);
  }
  return alphabet;
}

}  // namespace

StatusOr<std::unique_ptr<Bpe>> Bpe::Create(PieceVocabulary vocabulary, std::span<const Merge> merges,
                                           const BpeOptions& options) {
  Joins joins;
  joins.reserve(merges.size());
  std::string both;
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    const std::optional<int64_t> left_id = vocabulary.Find(left);
    const std::optional<int64_t> right_id = vocabulary.Find(right);
    both = left;
    both += right;
    const std::optional<int64_t> id = vocabulary.Find(both);
    if (!left_id || !right_id || !id) {
      return NoPiece("a part of the merge", fmt::format("{} {}", left, right));
    }
    joins.insert_or_assign(Key(*left_id, *right_id), Join{.rank = static_cast<uint32_t>(rank), .id = *id});
  }
  if (options.unknown && !vocabulary.Find(*options.unknown)) {
    return NoPiece("unk_token", *options.unknown);
  }
  return std::unique_ptr<Bpe>(new Bpe(std::move(vocabulary), std::move(joins), options));
}

Bpe::Bpe(PieceVocabulary vocabulary, Joins joins, const BpeOptions& options)
    : vocabulary_(std::move(vocabulary)),
      joins_(std::move(joins)),
      options_(options),
      unknown_(options.unknown ? vocabulary_.Find(*options.unknown) : std::nullopt) {}

void Bpe::Encode(std::string_view word, std::vector<int64_t>& ids) const {
  if (options_.ignore_merges) {
    if (const std::optional<int64_t> id = vocabulary_.Find(word)) {
      ids.push_back(*id);
      return;
    }
  }
  const std::vector<int64_t> joined = JoinAll(Characters(word));
  ids.insert(ids.end(), joined.begin(), joined.end());
}

// The word's characters as pieces, before merging.
std::vector<int64_t> Bpe::Characters(std::string_view word) const {
  std::vector<int64_t> ids;
  bool after_unknown = false;
  std::string piece;
  while (!word.empty()) {
    const std::size_t size = std::max<std::size_t>(1, First(word).size);
    piece = word.substr(0, size);
    word.remove_prefix(size);
    if (word.empty()) {
      piece += options_.end_of_word_suffix;
    }
    std::optional<std::vector<int64_t>> bytes;
    if (const std::optional<int64_t> id = vocabulary_.Find(piece)) {
      bytes = {*id};
    } else if (options_.byte_fallback) {
      bytes = ByteTokens(vocabulary_, piece);
    }
    if (bytes) {
      ids.insert(ids.end(), bytes->begin(), bytes->end());
    } else if (unknown_ && !(after_unknown && options_.fuse_unknown)) {
      ids.push_back(*unknown_);
    }
    after_unknown = !bytes;
  }
  return ids;
}

const Bpe::Join* Bpe::Find(int64_t left, int64_t right) const {
  const auto found = joins_.find(Key(left, right));
  return found == joins_.end() ? nullptr : &found->second;
}

std::vector<int64_t> Bpe::JoinAll(std::vector<int64_t> ids) const {
  std::vector<Symbol> symbols = ToList(ids);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](std::ptrdiff_t left) {
    if (left < 0 || symbols[static_cast<std::size_t>(left)].next < 0) {
      return;
    }
    const Symbol& symbol = symbols[static_cast<std::size_t>(left)];
    if (const Join* const join = Find(symbol.id, symbols[static_cast<std::size_t>(symbol.next)].id)) {
      queue.push({.rank = join->rank, .left = static_cast<std::size_t>(left), .id = join->id});
    }
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    consider(static_cast<std::ptrdiff_t>(i));
  }
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbols[best.left];
    if (left.joined || left.next < 0) {
      continue;
    }
    Symbol& right = symbols[static_cast<std::size_t>(left.next)];
    const Join* const join = Find(left.id, right.id);
    if (join == nullptr || join->id != best.id) {  // one of the two was merged with another meanwhile
      continue;
    }
    left.id = best.id;
    left.next = right.next;
    right.joined = true;
    if (left.next >= 0) {
      symbols[static_cast<std::size_t>(left.next)].previous = static_cast<std::ptrdiff_t>(best.left);
    }
    consider(left.previous);
    consider(static_cast<std::ptrdiff_t>(best.left));
  }
  ids.clear();
  for (const Symbol& symbol : symbols) {
    if (!symbol.joined) {
      ids.push_back(symbol.id);
    }
  }
  return ids;
}

std::string ByteLevel(std::string_view text) {
  static const std::array<std::string, 256> kAlphabet = MakeByteLevelAlphabet();
  std::string mapped;
  for (const char c : text) {
    mapped += kAlphabet[static_cast<unsigned char>(c)];
  }
  return mapped;
}

}  // namespace calotype
