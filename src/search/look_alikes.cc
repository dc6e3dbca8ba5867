#include "search/look_alikes.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/half.h"
#include "search/dot.h"
#include "search/duplicates.h"
#include "search/union_find.h"

namespace calotype {
namespace {

// The photos of one space that are linked, by the place of the first one.
StatusOr<std::vector<std::vector<PhotoId>>> Link(Catalog& catalog, VectorSearch& vectors, const std::string& space,
                                                 float min_cosine, const PhotoSet& copies) {
  std::vector<PhotoId> photos;
  CALOTYPE_RETURN_IF_ERROR(
      catalog.ForEachEmbedding(space, /*absent_too=*/false, [&](PhotoId photo, std::span<const uint16_t> /*halves*/) {
        if (!copies.Contains(photo)) {
          photos.push_back(photo);
        }
      }));
  UnionFind sets(photos.size());
  for (std::size_t i = 0; i < photos.size(); ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::vector<uint16_t>> halves, catalog.Embedding(space, photos[i]));
    if (!halves.has_value()) {
      continue;  // replaced or forgotten meanwhile
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ScoredPhoto> near,
                              vectors.Nearest(catalog, space, ToFloat(*halves), std::numeric_limits<std::size_t>::max(),
                                              min_cosine, {.only = nullptr, .except = &copies}));
    for (const ScoredPhoto& hit : near) {
      if (const auto at = std::ranges::lower_bound(photos, hit.photo); at != photos.end() && *at == hit.photo) {
        sets.Join(static_cast<uint32_t>(i), static_cast<uint32_t>(at - photos.begin()));
      }
    }
  }
  std::map<uint32_t, std::vector<PhotoId>> by_first;
  for (uint32_t i = 0; i < photos.size(); ++i) {
    by_first[sets.Find(i)].push_back(photos[i]);
  }
  std::vector<std::vector<PhotoId>> groups;
  for (auto& [first, group] : by_first) {
    if (group.size() > 1) {
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

StatusOr<std::vector<SimilarPhoto>> Describe(Catalog& catalog, const std::string& space,
                                             const std::vector<PhotoId>& group) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog.PathsOf(group));
  std::vector<float> first;
  std::vector<SimilarPhoto> described;
  for (std::size_t i = 0; i < group.size(); ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::vector<uint16_t>> halves, catalog.Embedding(space, group[i]));
    const std::vector<float> vector = halves.has_value() ? ToFloat(*halves) : std::vector<float>();
    if (i == 0) {
      first = vector;
    }
    described.push_back({.photo = group[i], .path = std::move(paths[i]), .cosine = Dot(first, vector)});
  }
  std::stable_sort(described.begin() + 1, described.end(),
                   [](const SimilarPhoto& a, const SimilarPhoto& b) { return a.cosine > b.cosine; });
  return described;
}

}  // namespace

StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(Catalog& catalog, VectorSearch& vectors,
                                                                float min_cosine) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoSet copies, CopiesOfOthers(catalog));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> spaces, catalog.Spaces());
  std::vector<std::vector<SimilarPhoto>> result;
  for (const std::string& space : spaces) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto groups, Link(catalog, vectors, space, min_cosine, copies));
    for (const std::vector<PhotoId>& group : groups) {
      CALOTYPE_ASSIGN_OR_RETURN(std::vector<SimilarPhoto> described, Describe(catalog, space, group));
      result.push_back(std::move(described));
    }
  }
  std::ranges::sort(result, {}, [](const std::vector<SimilarPhoto>& group) { return group.front().photo; });
  return result;
}

}  // namespace calotype
