// Answers queries: ranked photos, each with the reasons.
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

enum class SortOrder { kRelevance, kNewest, kOldest };  // kNewest, kOldest: by time of capture, undated photos last

// The end of a page; the next page starts after it. It identifies the last hit, not a number of hits, so photos added
// or removed meanwhile do not shift the next page.
struct SearchCursor {
  double score = 0;
  std::string taken_at;
  PhotoId photo = 0;
};

struct SearchOptions {
  int limit = 20;  // at least 1
  SortOrder sort = SortOrder::kRelevance;
  std::optional<SearchCursor> after;
  bool confident_only = false;  // leave out less certain hits
  bool explain = true;          // fill Hit::why, which reads each hit's text and vector
};

// Converts a cursor to an opaque text and back; ParseCursor() returns nullopt for invalid text.
std::string FormatCursor(const SearchCursor& cursor);
std::optional<SearchCursor> ParseCursor(std::string_view text);

struct Hit {
  PhotoId photo = 0;
  std::string path;                // a present file that in: and name: ask for
  std::vector<std::string> paths;  // all of these files
  bool gone = false;               // none of these files is on the disk; only the application looks
  // 0 to 1. With words: the estimated probability that the photo is a right answer (evidence.h). With like: only: the
  // cosine. With filters only: by reciprocal rank fusion of the filters that have a ranking; 1 means first in all.
  double score = 0;
  bool confident = true;  // false only for a hit of words with a score below kConfidentEvidence
  // The reasons for the hit: `meaning 0.71`, `object "cat" 0.82`, `tag "tabby" 0.45`, `text "NO PARKING"`, and one for
  // each filter. `weak meaning 0.41` is below the encoder's confident score.
  std::vector<std::string> why;
  std::string taken_at;  // as PhotoFacts::taken_at; set if the order is by time
};

struct SearchResult {
  std::vector<Hit> hits;             // confident ones first, whatever the order
  std::optional<SearchCursor> next;  // set if there may be more hits
  int64_t total = 0;                 // number of hits without the limit
  bool total_is_minimum = false;     // there may be more than `total`: not all photos were compared
  int64_t less_certain = 0;          // number of less certain hits that were left out
};

// As thread-safe as the catalogue and the encoder.
class Searcher {
 public:
  // Without an `encoder` (null), words are matched with labels, recognised text and names only, and each hit found by
  // words says so, with the reason `without_encoder` ("the pack tiny has no text encoder"). All arguments must outlive
  // this object.
  Searcher(SearchCatalog& catalog, VectorSearch& vectors, TextEncoder* encoder,
           std::string without_encoder = "no text encoder is installed")
      : catalog_(catalog), vectors_(vectors), encoder_(encoder), without_encoder_(std::move(without_encoder)) {}

  // Returns up to `limit` photos, best first; among equals, the lower id first. Confident hits precede the less certain
  // ones in every order. So nonsense finds no confident hit.
  //   kInvalidArgument  a limit below 1
  StatusOr<SearchResult> Search(const Query& query, const SearchOptions& options) const;

 private:
  SearchCatalog& catalog_;
  VectorSearch& vectors_;
  TextEncoder* const encoder_;
  const std::string without_encoder_;
};

}  // namespace calotype
