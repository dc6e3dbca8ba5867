#include "search/searcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "base/text.h"
#include "catalog/text_query.h"
#include "search/evidence.h"
#include "search/restriction.h"
#include "search/similar.h"
#include "search/vector_index/dot.h"
#include "search/vector_index/top_hits.h"

namespace calotype {
namespace {

// From Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009: k = 60.
constexpr double kRankConstant = 60;

// The minimum number of photos ranked by each source, however few are requested: enough to be combined with the others.
constexpr int kMinRanks = 200;

// More words of a query are not counted separately in recognised text.
constexpr std::size_t kMaxCountedWords = 32;

// A cosine below this part of the encoder's confident score, and at most 0.2, is noise and is not listed. With the
// starter pack's 0.53 the limit is 0.2; among queries for things that no photo shows, half reach 0.41.
constexpr float kFloorPart = 0.38F;
constexpr float kMaxFloor = 0.2F;

// Words that no label or sign would contain.
constexpr auto kStopWords = std::to_array<std::string_view>(
    {"a",    "about", "after", "an",      "and",       "any",   "are",  "around", "as",    "at",
     "by",   "for",   "from",  "her",     "his",       "image", "in",   "into",   "is",    "it",
     "its",  "my",    "near",  "of",      "on",        "or",    "our",  "over",   "photo", "picture",
     "some", "the",   "their", "someone", "something", "that",  "this", "to",     "under", "with"});

// The words of `meaning` without those, each once.
std::vector<std::string> NamingWords(const std::string& meaning) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < meaning.size();) {
    const std::size_t end = std::min(meaning.find(' ', begin), meaning.size());
    const std::string word = ToLowerAscii(std::string_view(meaning).substr(begin, end - begin));
    if (!word.empty() && std::ranges::find(kStopWords, word) == kStopWords.end() &&
        std::ranges::find(words, word) == words.end()) {
      words.push_back(word);
    }
    begin = end + 1;
  }
  return words;
}

struct Candidate {
  std::optional<float> cosine;   // with the words
  double labels = 0;             // evidence of the labels: the mean over the words
  uint32_t text_words = 0;       // a bit for each word in the recognised text
  bool has_name = false;         // all words are in its names
  double likeness = 0;           // the sum of the cosines with the photos of like:
  double fused = 0;              // by filters with a ranking: the sum of 1 / (60 + rank)
  std::vector<std::string> why;  // without the matching line and name, which are looked up only for hits that are shown

  void AddWhy(const std::string& reason) {
    if (std::ranges::find(why, reason) == why.end()) {
      why.push_back(reason);
    }
  }
};

// Undated photos come last in both orders by time.
bool IsBefore(const Hit& a, const Hit& b, SortOrder order) {
  if (a.confident != b.confident) {
    return a.confident;
  }
  if (order != SortOrder::kRelevance && a.taken_at != b.taken_at) {
    if (a.taken_at.empty() || b.taken_at.empty()) {
      return b.taken_at.empty();
    }
    return order == SortOrder::kNewest ? a.taken_at > b.taken_at : a.taken_at < b.taken_at;
  }
  return a.score != b.score ? a.score > b.score : a.photo < b.photo;
}

// One search in progress.
class Run {
 public:
  Run(SearchCatalog& catalog, VectorSearch& vectors, TextEncoder* encoder, const Restriction& restriction,
      const SearchOptions& options)
      : catalog_(catalog), vectors_(vectors), encoder_(encoder), restriction_(restriction), options_(options) {}

  // For a query with words: finds photos by labels, recognised text and names, and if there is an encoder, by meaning.
  Status RankWords(const std::string& meaning);
  Status RankLike(const std::string& path);
  Status RankFilters();
  StatusOr<SearchResult> Finish(const std::string& note);

 private:
  Status RankLabels();
  Status RankText();
  Status RankNames();
  Status RankMeaning(const std::string& meaning);
  // The maximum length of each source's list: enough to be combined with the others and for the pages so far.
  int EnoughRanks() const;
  void NoteLength(std::size_t length) { cut_ = cut_ || length >= static_cast<std::size_t>(EnoughRanks()); }
  double Evidence(const Candidate& candidate) const;
  double Score(const Candidate& candidate) const;
  bool IsConfident(double score) const { return !by_words_ || likes_ > 0 || score >= kConfidentEvidence; }
  std::string TextWords(const Candidate& candidate) const;
  StatusOr<std::vector<Hit>> Order();
  Status Measure(const Hit& hit);
  float Floor() const { return std::min(kMaxFloor, kFloorPart * encoder_->confident_score()); }
  Status Explain(Hit& hit, const std::string& note);

  SearchCatalog& catalog_;
  VectorSearch& vectors_;
  TextEncoder* const encoder_;
  const Restriction& restriction_;
  const SearchOptions& options_;
  bool by_words_ = false;
  std::vector<std::string> words_;  // the words that may be in labels, text and names
  std::vector<float> wanted_;       // the words' embedding; empty: not searched by meaning
  absl::flat_hash_map<PhotoId, Candidate> candidates_;
  int likes_ = 0;     // number of photos of like:
  int rankings_ = 0;  // number of filters with a ranking
  bool cut_ = false;  // a list was as long as it may be
  int64_t total_ = 0;
  int64_t less_certain_ = 0;  // number of hits left out
};

Status Run::RankWords(const std::string& meaning) {
  by_words_ = true;
  words_ = NamingWords(meaning);
  CALOTYPE_RETURN_IF_ERROR(RankLabels());
  CALOTYPE_RETURN_IF_ERROR(RankText());
  CALOTYPE_RETURN_IF_ERROR(RankNames());
  return encoder_ != nullptr ? RankMeaning(meaning) : absl::OkStatus();
}

Status Run::RankLabels() {
  for (const std::string& word : words_) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<LabelMatch> matches, catalog_.FindLabels(word));
    for (const LabelMatch& match : matches) {
      if (restriction_.Allows(match.photo)) {
        Candidate& candidate = candidates_[match.photo];
        const double evidence = match.is_tag ? TagEvidence(match.score) : ObjectEvidence(match.score);
        candidate.labels += evidence / static_cast<double>(words_.size());
        candidate.AddWhy(fmt::format("{} \"{}\" {:.2f}", match.is_tag ? "tag" : "object", match.label, match.score));
      }
    }
  }
  return absl::OkStatus();
}

// Searches recognised text for all words, then for each of them. Both are needed: in a large library the photos with
// all words need not be among the first that have one of them.
Status Run::RankText() {
  const std::size_t counted = std::min(words_.size(), kMaxCountedWords);
  const auto note = [&](const std::vector<TextMatch>& matches, uint32_t bits) {
    NoteLength(matches.size());
    for (const TextMatch& match : matches) {
      if (restriction_.Allows(match.photo)) {
        candidates_[match.photo].text_words |= bits;
      }
    }
  };
  CALOTYPE_ASSIGN_OR_RETURN(
      const std::vector<TextMatch> complete,
      catalog_.SearchText(fmt::format("{}", fmt::join(words_, " ")), /*phrase=*/false, EnoughRanks()));
  note(complete, static_cast<uint32_t>((uint64_t{1} << counted) - 1));
  for (std::size_t i = 0; counted > 1 && i < counted; ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<TextMatch> matches,
                              catalog_.SearchText(words_[i], /*phrase=*/false, EnoughRanks()));
    note(matches, uint32_t{1} << i);
  }
  return absl::OkStatus();
}

// Searches names of files and folders for all words.
Status Run::RankNames() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<TextMatch> names,
                            catalog_.SearchNames(fmt::format("{}", fmt::join(words_, " ")), EnoughRanks()));
  NoteLength(names.size());
  for (const TextMatch& match : names) {
    if (restriction_.Allows(match.photo)) {
      candidates_[match.photo].has_name = true;
    }
  }
  return absl::OkStatus();
}

Status Run::RankMeaning(const std::string& meaning) {
  CALOTYPE_ASSIGN_OR_RETURN(wanted_, encoder_->Encode(meaning));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ScoredPhoto> ranking,
                            vectors_.Nearest(catalog_, encoder_->space(), wanted_,
                                             static_cast<std::size_t>(EnoughRanks()), Floor(), restriction_.Choice()));
  NoteLength(ranking.size());
  for (const ScoredPhoto& hit : ranking) {
    candidates_[hit.photo].cosine = hit.score;
  }
  return absl::OkStatus();
}

// Searches photos similar to the one at `path`, without that photo.
Status Run::RankLike(const std::string& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog_.FindByPath(path));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<SimilarPhoto> similar,
                            FindSimilar(catalog_, vectors_, photo, EnoughRanks(), restriction_.Choice()));
  NoteLength(similar.size());
  ++likes_;
  for (const SimilarPhoto& one : similar) {
    Candidate& candidate = candidates_[one.photo];
    candidate.likeness += one.cosine;
    candidate.AddWhy(fmt::format("looks alike {:.2f}", one.cosine));
  }
  return absl::OkStatus();
}

// Without words, filters with a ranking determine the order.
Status Run::RankFilters() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, restriction_.Photos(catalog_));
  for (const PhotoId photo : photos) {
    candidates_[photo];
  }
  for (const std::vector<ScoredPhoto>& ranking : restriction_.rankings()) {
    double rank = 1;
    for (const ScoredPhoto& hit : ranking) {
      if (restriction_.Allows(hit.photo)) {
        candidates_[hit.photo].fused += 1 / (kRankConstant + rank++);
      }
    }
    rankings_ += rank > 1 ? 1 : 0;
  }
  return absl::OkStatus();
}

int Run::EnoughRanks() const {
  // A further page needs all hits: the number of earlier ones is unknown.
  constexpr int kAll = 1'000'000;
  return options_.after.has_value() ? kAll : std::max(options_.limit + 1, kMinRanks);
}

// The evidence of all sources that words are compared with.
double Run::Evidence(const Candidate& candidate) const {
  double evidence = candidate.labels;
  if (candidate.cosine.has_value()) {
    evidence = Together(evidence, MeaningEvidence(*candidate.cosine, encoder_->confident_score()));
  }
  if (candidate.text_words != 0) {
    const auto found = static_cast<std::size_t>(std::popcount(candidate.text_words));
    evidence = Together(evidence, TextEvidence(found, std::min(words_.size(), kMaxCountedWords)));
  }
  return candidate.has_name ? Together(evidence, kNameEvidence) : evidence;
}

double Run::Score(const Candidate& candidate) const {
  const double likeness = likes_ > 0 ? candidate.likeness / likes_ : 0;
  if (by_words_) {
    return likes_ > 0 ? (Evidence(candidate) + likeness) / 2 : Evidence(candidate);
  }
  if (likes_ > 0) {
    return likeness;
  }
  return rankings_ > 0 ? candidate.fused * (kRankConstant + 1) / rankings_ : 1;
}

// The words that are in the candidate's recognised text.
std::string Run::TextWords(const Candidate& candidate) const {
  std::string found;
  for (std::size_t i = 0; i < std::min(words_.size(), kMaxCountedWords); ++i) {
    if ((candidate.text_words >> i & 1U) != 0) {
      found += (found.empty() ? "" : " ") + words_[i];
    }
  }
  return found;
}

// The hits of the page and one more, if there is one, in the requested order.
StatusOr<std::vector<Hit>> Run::Order() {
  std::vector<Hit> hits;
  for (const auto& [photo, candidate] : candidates_) {
    const double score = Score(candidate);
    const bool confident = IsConfident(score);
    if (!confident && options_.confident_only) {
      ++less_certain_;
      continue;
    }
    hits.push_back({.photo = photo,
                    .path = {},
                    .paths = {},
                    .gone = false,
                    .score = score,
                    .confident = confident,
                    .why = {},
                    .taken_at = {}});
  }
  total_ = std::ssize(hits);
  if (options_.sort != SortOrder::kRelevance) {
    std::vector<PhotoId> photos;
    std::ranges::transform(hits, std::back_inserter(photos), &Hit::photo);
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> times, catalog_.TakenAt(photos));
    for (std::size_t i = 0; i < hits.size(); ++i) {
      hits[i].taken_at = times[i];
    }
  }
  const auto is_before = [this](const Hit& a, const Hit& b) { return IsBefore(a, b, options_.sort); };
  if (options_.after.has_value()) {
    const Hit last{.photo = options_.after->photo,
                   .path = {},
                   .paths = {},
                   .gone = false,
                   .score = options_.after->score,
                   .confident = IsConfident(options_.after->score),
                   .why = {},
                   .taken_at = options_.after->taken_at};
    std::erase_if(hits, [&](const Hit& hit) { return !is_before(last, hit); });
  }
  // One more than the page, to know whether there is a next page.
  const std::size_t shown = std::min(hits.size(), static_cast<std::size_t>(options_.limit) + 1);
  std::ranges::partial_sort(hits, hits.begin() + static_cast<std::ptrdiff_t>(shown), is_before);
  hits.resize(shown);
  return hits;
}

Status Run::Explain(Hit& hit, const std::string& note) {
  const Candidate& candidate = candidates_.at(hit.photo);
  if (candidate.cosine.has_value()) {
    const bool weak = *candidate.cosine < encoder_->confident_score();
    hit.why.push_back(fmt::format("{}meaning {:.2f}", weak ? "weak " : "", *candidate.cosine));
  }
  hit.why.insert(hit.why.end(), candidate.why.begin(), candidate.why.end());
  if (candidate.text_words != 0) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string line,
                              catalog_.MatchingLine(hit.photo, TextWords(candidate), /*phrase=*/false));
    hit.why.push_back(fmt::format("text \"{}\"", line));
  }
  if (candidate.has_name) {
    hit.why.push_back(fmt::format("name \"{}\"", LastNames(hit.path)));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> reasons, restriction_.WhyOf(catalog_, hit.photo));
  for (const std::string& reason : reasons) {
    if (std::ranges::find(hit.why, reason) == hit.why.end()) {
      hit.why.push_back(reason);
    }
  }
  if (!note.empty()) {
    hit.why.push_back(note);
  }
  return absl::OkStatus();
}

// Computes the meaning score of a photo found by labels or text that was not among the nearest.
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

StatusOr<SearchResult> Run::Finish(const std::string& note) {
  SearchResult result;
  CALOTYPE_ASSIGN_OR_RETURN(result.hits, Order());
  result.total = total_;
  result.total_is_minimum = cut_;
  result.less_certain = less_certain_;
  std::vector<Hit>& hits = result.hits;
  if (hits.size() > static_cast<std::size_t>(options_.limit)) {
    hits.resize(static_cast<std::size_t>(options_.limit));
    result.next =
        SearchCursor{.score = hits.back().score, .taken_at = hits.back().taken_at, .photo = hits.back().photo};
  }
  std::vector<PhotoId> photos;
  std::ranges::transform(hits, std::back_inserter(photos), &Hit::photo);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::vector<std::string>> paths,
                            catalog_.PathsThatPass(photos, restriction_.file()));
  for (std::size_t i = 0; i < hits.size(); ++i) {
    hits[i].path = paths[i].empty() ? "" : paths[i].front();
    hits[i].paths = std::move(paths[i]);
    if (options_.explain) {
      CALOTYPE_RETURN_IF_ERROR(Measure(hits[i]));
      CALOTYPE_RETURN_IF_ERROR(Explain(hits[i], note));
    }
  }
  // A photo that a scan marked as missing between the two queries has no path to show.
  std::erase_if(hits, [](const Hit& hit) { return hit.path.empty(); });
  return result;
}

}  // namespace

std::string FormatCursor(const SearchCursor& cursor) {
  return fmt::format("{:016x}.{:x}.{}", std::bit_cast<uint64_t>(cursor.score), cursor.photo, cursor.taken_at);
}

std::optional<SearchCursor> ParseCursor(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  uint64_t score = 0;
  SearchCursor cursor;
  const auto whole = [](std::string_view digits, auto& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (!whole(text.substr(0, first), score) || !whole(text.substr(first + 1, second - first - 1), cursor.photo)) {
    return std::nullopt;
  }
  cursor.score = std::bit_cast<double>(score);
  cursor.taken_at = text.substr(second + 1);
  return cursor;
}

StatusOr<SearchResult> Searcher::Search(const Query& query, const SearchOptions& options) const {
  if (options.limit < 1) {
    return absl::InvalidArgumentError(fmt::format("the search limit is {}; it must be at least 1", options.limit));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Restriction restriction, Restriction::Build(catalog_, query));
  Run run(catalog_, vectors_, encoder_, restriction, options);
  for (const LikeTerm& like : query.likes) {
    CALOTYPE_RETURN_IF_ERROR(run.RankLike(like.path));
  }
  if (query.meaning.empty()) {
    if (query.likes.empty()) {
      CALOTYPE_RETURN_IF_ERROR(run.RankFilters());
    }
    return run.Finish("");
  }
  CALOTYPE_RETURN_IF_ERROR(run.RankWords(query.meaning));
  return run.Finish(encoder_ != nullptr ? "" : fmt::format("not searched by meaning: {}", without_encoder_));
}

}  // namespace calotype
