// Which photos a query's filters let through, and why.
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
  // Asks the catalogue about each filter of `query`. All must hold.
  static StatusOr<Restriction> Build(SearchCatalog& catalog, const Query& query);

  // The RAW of a pair passes only where its JPEG does not.
  bool Allows(PhotoId photo) const { return !never_.contains(photo) && (!only_.has_value() || only_->contains(photo)); }
  // The same for a search by vectors; valid as long as this is.
  PhotoChoice Choice() const;
  // The photos that pass every filter, by rising id; all present photos when there is no positive filter.
  StatusOr<std::vector<PhotoId>> Photos(SearchCatalog& catalog) const;
  // The photos of each filter that has an order (object:, text:), best first; may hold photos that others refuse.
  const std::vector<std::vector<ScoredPhoto>>& rankings() const { return rankings_; }
  // What the filters say of a photo that passes: `object "dog" x2 0.81`, `text "NO PARKING"`, `camera "Canon"`.
  StatusOr<std::vector<std::string>> WhyOf(SearchCatalog& catalog, PhotoId photo) const;

 private:
  Status AddText(SearchCatalog& catalog, const TextTerm& term);
  Status AddObject(SearchCatalog& catalog, const ObjectTerm& term);
  Status AddFact(SearchCatalog& catalog, const FactTerm& term);
  Status ShowPairsOnce(SearchCatalog& catalog);
  void Narrow(const std::vector<PhotoId>& photos, bool negated);
  void Explain(const std::string& what, bool negated);

  std::optional<absl::flat_hash_set<PhotoId>> only_;  // nullopt: every photo
  absl::flat_hash_set<PhotoId> never_;
  PhotoSet only_set_;  // the same, once all filters were asked
  PhotoSet never_set_;
  std::vector<std::vector<ScoredPhoto>> rankings_;
  std::vector<TextTerm> texts_;  // the positive ones: the line that matches is asked for when it is to be shown
  std::unordered_map<PhotoId, std::vector<std::string>> why_;
  std::vector<std::string> why_all_;  // holds for every photo that passes
};

}  // namespace calotype
