// Unigram, SentencePiece's model: of all ways to split a text into pieces, takes the most likely one (Kudo 2018).
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
  int64_t unknown = 0;         // for text that no piece covers; neighbouring unknown characters become one token
  bool byte_fallback = false;  // encode unknown characters as byte tokens where possible
};

class Unigram final : public PieceEncoder {
 public:
  // A piece and the logarithm of its probability. Its index is its id.
  using ScoredPiece = std::pair<std::string, double>;

  // Returns kInvalidArgument when there are no pieces, a piece is empty, or the unknown id is not a valid index.
  static StatusOr<std::unique_ptr<Unigram>> Create(std::span<const ScoredPiece> pieces, const UnigramOptions& options);

  void Encode(std::string_view word, std::vector<int64_t>& ids) const override;

 private:
  Unigram() = default;

  // The last piece of the best split that ends at a position of the text.
  struct Step {
    double score = 0;
    std::size_t from = 0;  // where the piece starts
    int64_t id = -1;       // -1: no piece ends here yet
  };
  std::vector<Step> BestSteps(std::string_view word) const;
  void AppendPiece(std::string_view piece, std::vector<int64_t>& ids) const;

  UnigramOptions options_;
  PieceVocabulary vocabulary_;
  std::vector<double> scores_;
  std::array<std::size_t, 256> longest_{};  // bytes of the longest piece that starts with each byte
  double unknown_score_ = 0;
};

}  // namespace calotype
