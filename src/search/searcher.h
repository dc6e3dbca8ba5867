// A query's answer: photos in order, each with why.
#pragma once

#include <string>
#include <vector>

#include "analysis/analyser.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "search/query.h"
#include "search/vector_index/vector_search.h"

namespace calotype {

struct SearchOptions {
  int limit = 20;  // at least 1
};

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
};

// Thread-safe as far as the catalogue and the encoder are.
class Searcher {
 public:
  // `encoder` may be null: words are then held against labels and recognised text only, and each hit that words found
  // says so with `without_encoder` as the reason ("the pack tiny has no text encoder"). All must outlive this.
  Searcher(Catalog& catalog, VectorSearch& vectors, TextEncoder* encoder,
           std::string without_encoder = "no text encoder is installed")
      : catalog_(catalog), vectors_(vectors), encoder_(encoder), without_encoder_(std::move(without_encoder)) {}

  // The best `limit` photos, best first; of equals the one that was added first.
  //   kInvalidArgument  a limit below 1
  StatusOr<std::vector<Hit>> Search(const Query& query, const SearchOptions& options) const;

 private:
  Catalog& catalog_;
  VectorSearch& vectors_;
  TextEncoder* const encoder_;
  const std::string without_encoder_;
};

}  // namespace calotype
