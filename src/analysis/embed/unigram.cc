#include "analysis/embed/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ranges>

#include "base/unicode.h"

namespace calotype {
namespace {

// SentencePiece's score for an unknown character: this much below the least likely piece.
constexpr double kUnknownPenalty = 10;

}  // namespace

StatusOr<std::unique_ptr<Unigram>> Unigram::Create(std::span<const ScoredPiece> pieces, const UnigramOptions& options) {
  if (options.unknown < 0 || static_cast<std::size_t>(options.unknown) >= pieces.size()) {
    return absl::InvalidArgumentError(
        fmt::format("unk_id is {}; it must be one of {} pieces", options.unknown, pieces.size()));
  }
  std::unique_ptr<Unigram> made(new Unigram());
  made->options_ = options;
  for (const auto& [piece, score] : pieces) {
    if (piece.empty()) {
      return absl::InvalidArgumentError(fmt::format("piece {} is empty", made->scores_.size()));
    }
    CALOTYPE_RETURN_IF_ERROR(made->vocabulary_.Add(piece, static_cast<int64_t>(made->scores_.size())));
    made->scores_.push_back(score);
    std::size_t& longest = made->longest_[static_cast<unsigned char>(piece.front())];
    longest = std::max(longest, piece.size());
  }
  made->unknown_score_ = *std::ranges::min_element(made->scores_) - kUnknownPenalty;
  return made;
}

void Unigram::Encode(std::string_view word, std::vector<int64_t>& ids) const {
  const std::vector<Step> steps = BestSteps(word);
  std::vector<std::string_view> pieces;  // from last to first
  bool unknown = false;
  for (std::size_t end = word.size(); end > 0;) {
    const Step& step = steps[end];
    const std::string_view piece = word.substr(step.from, end - step.from);
    const bool fuse = unknown && step.id == options_.unknown;
    if (fuse) {
      pieces.back() = word.substr(step.from, piece.size() + pieces.back().size());
    } else {
      pieces.push_back(piece);
    }
    unknown = step.id == options_.unknown;
    end = step.from;
  }
  for (const std::string_view piece : std::views::reverse(pieces)) {
    AppendPiece(piece, ids);
  }
}

// Viterbi: from every start of a character to every end of a piece.
std::vector<Unigram::Step> Unigram::BestSteps(std::string_view word) const {
  std::vector<Step> steps(word.size() + 1);
  const auto offer = [&steps](std::size_t from, std::size_t to, int64_t id, double score) {
    Step& step = steps[to];
    const double total = steps[from].score + score;
    if (step.id < 0 || total > step.score) {
      step = {.score = total, .from = from, .id = id};
    }
  };
  for (std::size_t from = 0; from < word.size();) {
    const std::size_t character = std::max<std::size_t>(1, First(word.substr(from)).size);
    const std::size_t longest = std::min(longest_[static_cast<unsigned char>(word[from])], word.size() - from);
    bool alone = false;
    for (std::size_t length = 1; length <= longest; ++length) {
      if (const std::optional<int64_t> id = vocabulary_.Find(word.substr(from, length))) {
        offer(from, from + length, *id, scores_[static_cast<std::size_t>(*id)]);
        alone = alone || length == character;
      }
    }
    if (!alone) {
      offer(from, from + character, options_.unknown, unknown_score_);
    }
    from += character;
  }
  return steps;
}

void Unigram::AppendPiece(std::string_view piece, std::vector<int64_t>& ids) const {
  if (const std::optional<int64_t> id = vocabulary_.Find(piece)) {
    ids.push_back(*id);
    return;
  }
  if (options_.byte_fallback) {
    if (const std::optional<std::vector<int64_t>> bytes = ByteTokens(vocabulary_, piece)) {
      ids.insert(ids.end(), bytes->begin(), bytes->end());
      return;
    }
  }
  ids.push_back(options_.unknown);
}

}  // namespace calotype
