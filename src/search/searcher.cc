#include "search/searcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "search/dot.h"
#include "search/restriction.h"
#include "search/top_hits.h"

namespace calotype {
namespace {

// Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009: k = 60.
constexpr double kRankConstant = 60;

// Photos that meaning ranks at least, however few are asked for: enough for the fusion with other lists to see them.
constexpr std::size_t kMinMeaningRanks = 200;

// A cosine below this part of the encoder's confident score, and never above 0.2, is noise, not worth a place in the
// list. With the starter pack's 0.53 that is 0.2: of its queries about things that no photo shows, half reach 0.41.
constexpr float kFloorPart = 0.38F;
constexpr float kMaxFloor = 0.2F;

// Words that name nothing a label or a sign would show.
constexpr std::array<std::string_view, 30> kStopWords = {
    "a",    "an",  "and",   "are",  "as",   "at", "by",   "for",   "from",    "his",
    "her",  "in",  "is",    "it",   "its",  "my", "of",   "on",    "or",      "our",
    "some", "the", "their", "this", "that", "to", "with", "photo", "picture", "image"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return lower;
}

// The words of `meaning` that name something, each once.
std::vector<std::string> NamingWords(const std::string& meaning) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < meaning.size();) {
    const std::size_t end = std::min(meaning.find(' ', begin), meaning.size());
    const std::string word = Lower(std::string_view(meaning).substr(begin, end - begin));
    if (!word.empty() && std::ranges::find(kStopWords, word) == kStopWords.end() &&
        std::ranges::find(words, word) == words.end()) {
      words.push_back(word);
    }
    begin = end + 1;
  }
  return words;
}

struct Candidate {
  double fused = 0;  // sum of 1 / (60 + rank)
  std::optional<float> cosine;
  std::vector<std::string> why;

  void AddWhy(const std::string& reason) {
    if (std::ranges::find(why, reason) == why.end()) {
      why.push_back(reason);
    }
  }
};

// One search under way. Words first, since meaning wants to know whom they named.
class Run {
 public:
  Run(Catalog& catalog, VectorSearch& vectors, TextEncoder* encoder, const Restriction& restriction, int limit)
      : catalog_(catalog),
        vectors_(vectors),
        encoder_(encoder),
        restriction_(restriction),
        limit_(static_cast<std::size_t>(limit)) {}

  Status RankLabels(const std::vector<std::string>& words);
  Status RankText(const std::vector<std::string>& words);
  Status RankMeaning(const std::string& meaning);
  Status RankFilters();
  StatusOr<std::vector<Hit>> Finish(const std::string& note);

 private:
  void AddRanking(const std::vector<ScoredPhoto>& ranking);
  std::vector<Hit> Order() const;
  Status Measure(const Hit& hit);
  float Floor() const { return std::min(kMaxFloor, kFloorPart * encoder_->confident_score()); }
  void Explain(Hit& hit, const std::string& note) const;

  Catalog& catalog_;
  VectorSearch& vectors_;
  TextEncoder* const encoder_;
  const Restriction& restriction_;
  const std::size_t limit_;
  std::vector<float> wanted_;  // what the words mean; empty: not asked
  std::map<PhotoId, Candidate> candidates_;
  int rankings_ = 0;           // lists that had an answer
  bool only_meaning_ = false;  // the one list is that of meaning
};

// `ranking` is best first and holds allowed photos only.
void Run::AddRanking(const std::vector<ScoredPhoto>& ranking) {
  double rank = 1;
  for (const ScoredPhoto& hit : ranking) {
    candidates_[hit.photo].fused += 1 / (kRankConstant + rank++);
  }
  rankings_ += ranking.empty() ? 0 : 1;
}

// A photo that several words name stands before one that a single word names.
Status Run::RankLabels(const std::vector<std::string>& words) {
  std::map<PhotoId, float> sums;
  for (const std::string& word : words) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<LabelMatch> matches, catalog_.FindLabels(word));
    for (const LabelMatch& match : matches) {
      if (restriction_.Allows(match.photo)) {
        sums[match.photo] += match.score;
        candidates_[match.photo].AddWhy(
            fmt::format("{} \"{}\" {:.2f}", match.is_tag ? "tag" : "object", match.label, match.score));
      }
    }
  }
  std::vector<ScoredPhoto> ranking;
  for (const auto& [photo, sum] : sums) {
    ranking.push_back({.photo = photo, .score = sum});
  }
  std::ranges::sort(ranking, IsBetter);
  AddRanking(ranking);
  return absl::OkStatus();
}

Status Run::RankText(const std::vector<std::string>& words) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<TextMatch> matches,
                            catalog_.SearchText(fmt::format("{}", fmt::join(words, " ")),
                                                static_cast<int>(std::max(limit_, kMinMeaningRanks))));
  std::vector<ScoredPhoto> ranking;
  for (const TextMatch& match : matches) {
    if (restriction_.Allows(match.photo)) {
      ranking.push_back({.photo = match.photo, .score = static_cast<float>(match.rank)});
      candidates_[match.photo].AddWhy(fmt::format("text \"{}\"", match.snippet));
    }
  }
  AddRanking(ranking);
  return absl::OkStatus();
}

Status Run::RankMeaning(const std::string& meaning) {
  CALOTYPE_ASSIGN_OR_RETURN(wanted_, encoder_->Encode(meaning));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ScoredPhoto> ranking,
                            vectors_.Nearest(catalog_, encoder_->space(), wanted_, std::max(limit_, kMinMeaningRanks),
                                             Floor(), restriction_.Choice()));
  only_meaning_ = rankings_ == 0;
  AddRanking(ranking);
  for (const ScoredPhoto& hit : ranking) {
    candidates_[hit.photo].cosine = hit.score;
  }
  return absl::OkStatus();
}

// Without words the filters themselves give the order, where they have one.
Status Run::RankFilters() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, restriction_.Photos(catalog_));
  for (const PhotoId photo : photos) {
    candidates_[photo];
  }
  for (std::vector<ScoredPhoto> ranking : restriction_.rankings()) {
    std::erase_if(ranking, [this](const ScoredPhoto& hit) { return !restriction_.Allows(hit.photo); });
    AddRanking(ranking);
  }
  return absl::OkStatus();
}

std::vector<Hit> Run::Order() const {
  std::vector<Hit> hits;
  const double best = rankings_ / (kRankConstant + 1);
  for (const auto& [photo, candidate] : candidates_) {
    const double fused = best > 0 ? candidate.fused / best : 1;
    hits.push_back({.photo = photo,
                    .path = {},
                    .score = only_meaning_ ? static_cast<double>(candidate.cosine.value_or(0)) : fused,
                    .why = {}});
  }
  std::ranges::sort(
      hits, [](const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.photo < b.photo; });
  hits.resize(std::min(hits.size(), limit_));
  return hits;
}

void Run::Explain(Hit& hit, const std::string& note) const {
  const Candidate& candidate = candidates_.at(hit.photo);
  if (candidate.cosine.has_value()) {
    const bool weak = *candidate.cosine < encoder_->confident_score();
    hit.why.push_back(fmt::format("{}meaning {:.2f}", weak ? "weak " : "", *candidate.cosine));
  }
  hit.why.insert(hit.why.end(), candidate.why.begin(), candidate.why.end());
  for (const std::string& reason : restriction_.WhyOf(hit.photo)) {
    if (std::ranges::find(hit.why, reason) == hit.why.end()) {
      hit.why.push_back(reason);
    }
  }
  if (!note.empty()) {
    hit.why.push_back(note);
  }
}

// The meaning of a photo that labels or text brought up, and the nearest did not hold.
Status Run::Measure(const Hit& hit) {
  Candidate& candidate = candidates_.at(hit.photo);
  if (wanted_.empty() || candidate.cosine.has_value()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto halves, catalog_.Embedding(encoder_->space(), hit.photo));
  if (halves.has_value()) {
    const float cosine = DotHalves(wanted_, *halves);
    if (cosine >= Floor()) {
      candidate.cosine = cosine;
    }
  }
  return absl::OkStatus();
}

StatusOr<std::vector<Hit>> Run::Finish(const std::string& note) {
  std::vector<Hit> hits = Order();
  std::vector<PhotoId> photos;
  for (const Hit& hit : hits) {
    photos.push_back(hit.photo);
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog_.PathsOf(photos));
  for (std::size_t i = 0; i < hits.size(); ++i) {
    hits[i].path = std::move(paths[i]);
    CALOTYPE_RETURN_IF_ERROR(Measure(hits[i]));
    Explain(hits[i], note);
  }
  // A photo that a scan marked missing between the two questions has no path to show.
  std::erase_if(hits, [](const Hit& hit) { return hit.path.empty(); });
  return hits;
}

}  // namespace

StatusOr<std::vector<Hit>> Searcher::Search(const Query& query, const SearchOptions& options) const {
  if (options.limit < 1) {
    return absl::InvalidArgumentError(fmt::format("the limit of a search is {}; it must be at least 1", options.limit));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Restriction restriction, Restriction::Build(catalog_, query));
  Run run(catalog_, vectors_, encoder_, restriction, options.limit);
  if (query.meaning.empty()) {
    CALOTYPE_RETURN_IF_ERROR(run.RankFilters());
    return run.Finish("");
  }
  const std::vector<std::string> words = NamingWords(query.meaning);
  CALOTYPE_RETURN_IF_ERROR(run.RankLabels(words));
  CALOTYPE_RETURN_IF_ERROR(run.RankText(words));
  if (encoder_ == nullptr) {
    return run.Finish(fmt::format("not searched by meaning: {}", without_encoder_));
  }
  CALOTYPE_RETURN_IF_ERROR(run.RankMeaning(query.meaning));
  return run.Finish("");
}

}  // namespace calotype
