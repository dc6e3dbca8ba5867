// Unigram, SentencePiece's model: of all ways to cut a text into pieces, the likeliest (Kudo 2018).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/embed/vocabulary.h"
#include "base/status.h"

namespace calotype {

struct UnigramOptions {
  int64_t unknown = 0;         // the id of what no piece covers; neighbours that are unknown are one token
  bool byte_fallback = false;  // the byte tokens before the unknown one
};

class Unigram final : public PieceEncoder {
 public:
  // A piece and the logarithm of its probability; its id is its place.
  using ScoredPiece = std::pair<std::string, double>;

  // kInvalidArgument for no pieces, an empty one, or an unknown id that is none of them.
  static StatusOr<std::unique_ptr<Unigram>> Create(std::span<const ScoredPiece> pieces, const UnigramOptions& options);

  void Encode(std::string_view word, std::vector<int64_t>& ids) const override;

 private:
  Unigram() = default;

  // The part of the best way that ends at some place of the text.
  struct Step {
    double score = 0;
    std::size_t from = 0;
    int64_t id = -1;  // -1: nothing ends here yet
  };
  std::vector<Step> BestSteps(std::string_view word) const;
  void AppendPiece(std::string_view piece, std::vector<int64_t>& ids) const;

  UnigramOptions options_;
  Vocabulary vocabulary_;
  std::vector<double> scores_;
  std::array<std::size_t, 256> longest_{};  // bytes of the longest piece that starts with each byte
  double unknown_score_ = 0;
};

}  // namespace calotype
