// Applies a query's filters: which photos pass, and why.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "catalog/search_catalog.h"
#include "search/query.h"
#include "search/vector_index/photo_set.h"
#include "search/vector_index/top_hits.h"

namespace calotype {

class Restriction {
 public:
  // Evaluates the filters of `query` in the catalogue. A photo must pass all of them.
  static StatusOr<Restriction> Build(SearchCatalog& catalog, const Query& query);

  // True if `photo` passes all filters. The RAW of a pair passes only if its JPEG does not.
  bool Allows(PhotoId photo) const { return !never_.contains(photo) && (!only_.has_value() || only_->contains(photo)); }
  // The same for a vector search; valid as long as this object.
  PhotoChoice Choice() const;
  // The photos that pass all filters, by ascending id; all present photos if there is no positive filter.
  StatusOr<std::vector<PhotoId>> Photos(SearchCatalog& catalog) const;
  // For each filter with a ranking (object:, text:), its photos, best first. May contain photos that other filters
  // exclude.
  const std::vector<std::vector<ScoredPhoto>>& rankings() const { return rankings_; }
  // The files that the filters in: and name: ask for.
  const PathFilter& file() const { return file_; }
  // Why a photo passes, one entry for each filter: `object "dog" x2 0.81`, `text "NO PARKING"`, `camera "Canon"`.
  StatusOr<std::vector<std::string>> WhyOf(SearchCatalog& catalog, PhotoId photo) const;

 private:
  Status AddText(SearchCatalog& catalog, const TextTerm& term);
  Status AddObject(SearchCatalog& catalog, const ObjectTerm& term);
  Status AddFact(SearchCatalog& catalog, const FactTerm& term);
  Status NarrowByFile(SearchCatalog& catalog);
  Status ShowPairsOnce(SearchCatalog& catalog);
  void Narrow(const std::vector<PhotoId>& photos, bool negated);
  void Explain(const std::string& what, bool negated);

  std::optional<absl::flat_hash_set<PhotoId>> only_;  // nullopt: no positive filter
  absl::flat_hash_set<PhotoId> never_;
  PhotoSet only_set_;  // the same as sets, filled after all filters were evaluated
  PhotoSet never_set_;
  PathFilter file_;
  std::vector<std::vector<ScoredPhoto>> rankings_;
  std::vector<TextTerm> texts_;  // positive text filters; the matching line is looked up only for photos that are shown
  std::unordered_map<PhotoId, std::vector<std::string>> why_;
  std::vector<std::string> why_all_;  // entries that apply to every photo that passes
};

}  // namespace calotype
