// A query's answer: photos in order, each with why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyser.h"
#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/query.h"
#include "search/vector_search.h"

namespace calotype {

enum class SortOrder { kRelevance, kNewest, kOldest };  // by when they were taken; undated ones come last

// Where a page ended; what comes after it is the next one. Photos that were added or taken away meanwhile shift
// nothing: the place is the last hit's own, not a number of hits.
struct SearchCursor {
  double score = 0;
  std::string taken_at;
  PhotoId photo = 0;
};

struct SearchOptions {
  int limit = 20;  // at least 1
  SortOrder sort = SortOrder::kRelevance;
  std::optional<SearchCursor> after;
  bool weak = false;    // also what only resembles
  bool explain = true;  // fill Hit::why, which takes a look at each hit's text and vector
};

// As text that says nothing to its reader, and back; nullopt when it is no such text.
std::string FormatCursor(const SearchCursor& cursor);
std::optional<SearchCursor> ParseCursor(std::string_view text);

struct Hit {
  PhotoId photo = 0;
  std::string path;
  // Words that only meaning answers: the cosine between words and photo. All else: from 0 to 1, how near to the top the
  // photo stands in the lists that answered (meaning, labels, recognised text), by reciprocal rank; 1 is the first of
  // every list. Scores of two queries are not comparable.
  double score = 0;
  // What speaks for it: `meaning 0.71`, `object "cat" 0.82`, `tag "tabby" 0.45`, `text "NO PARKING"`, and one entry per
  // filter. `weak meaning 0.41` is below the score from which the encoder is to be believed: an order, no evidence.
  std::vector<std::string> why;
  std::string taken_at;  // as PhotoFacts::taken_at, when the order is by time
};

struct SearchResult {
  std::vector<Hit> hits;
  std::optional<SearchCursor> next;  // there may be more after these
  int64_t weak = 0;                  // photos that only resemble, and are left out
};

// Thread-safe as far as the catalogue and the encoder are.
class Searcher {
 public:
  // `encoder` may be null: words are then held against labels and recognised text only, and each hit that words found
  // says so with `without_encoder` as the reason ("the pack tiny has no text encoder"). All must outlive this.
  Searcher(SearchCatalog& catalog, VectorSearch& vectors, TextEncoder* encoder,
           std::string without_encoder = "no text encoder is installed")
      : catalog_(catalog), vectors_(vectors), encoder_(encoder), without_encoder_(std::move(without_encoder)) {}

  // The best `limit` photos, best first; of equals the one that was added first. A photo whose meaning is below the
  // confident score, and for which no label, text or name speaks, is left out (SearchOptions::weak): nonsense finds
  // nothing.
  //   kInvalidArgument  a limit below 1
  StatusOr<SearchResult> Search(const Query& query, const SearchOptions& options) const;

 private:
  SearchCatalog& catalog_;
  VectorSearch& vectors_;
  TextEncoder* const encoder_;
  const std::string without_encoder_;
};

}  // namespace calotype
