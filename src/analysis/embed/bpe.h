// Byte-pair encoding: merges neighbouring pieces, those first that were merged most often in training.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "analysis/embed/vocabulary.h"
#include "base/status.h"

namespace calotype {

// Options of the model "BPE" in tokenizer.json, with its names.
struct BpeOptions {
  std::string end_of_word_suffix;      // of a word's last piece: "</w>" for CLIP
  std::optional<std::string> unknown;  // token for unknown characters; without it they are dropped
  bool fuse_unknown = false;           // neighbouring unknown characters become one token
  bool byte_fallback = false;          // encode unknown characters as byte tokens where possible
  bool ignore_merges = false;          // a word that is in the vocabulary is not split
};

class Bpe final : public PieceEncoder {
 public:
  using Merge = std::pair<std::string, std::string>;

  // `merges` are ordered by rank. Returns kInvalidArgument when one of them, or the unknown piece, is not in
  // `vocabulary`.
  static StatusOr<std::unique_ptr<Bpe>> Create(PieceVocabulary vocabulary, std::span<const Merge> merges,
                                               const BpeOptions& options);

  void Encode(std::string_view word, std::vector<int64_t>& ids) const override;

 private:
  struct Join {
    uint32_t rank = 0;
    int64_t id = 0;
  };
  // Keyed by the ids of two neighbours; both are below 2^32.
  using Joins = absl::flat_hash_map<uint64_t, Join>;

  Bpe(PieceVocabulary vocabulary, Joins joins, const BpeOptions& options);

  std::vector<int64_t> Characters(std::string_view word) const;
  const Join* Find(int64_t left, int64_t right) const;
  std::vector<int64_t> JoinAll(std::vector<int64_t> ids) const;

  PieceVocabulary vocabulary_;
  Joins joins_;
  BpeOptions options_;
  std::optional<int64_t> unknown_;
};

// Writes every byte of `text` as one printable character: the alphabet of byte-level BPE (GPT-2's bytes_to_unicode).
std::string ByteLevel(std::string_view text);

}  // namespace calotype
