#include "search/similar.h"

#include <fmt/format.h>

#include "search/dot.h"
#include "search/top_hits.h"

namespace calotype {

StatusOr<std::vector<SimilarPhoto>> FindSimilar(Catalog& catalog, PhotoId photo, int limit) {
  if (limit < 1) {
    return absl::InvalidArgumentError(fmt::format("the limit of a search is {}; it must be at least 1", limit));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord record, catalog.GetPhoto(photo));
  if (!record.findings.embedding.has_value() || record.findings.embedding->vector.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{} has no embedding yet; scan with the analysis \"embedding\" first, or see its state with show",
                    record.paths.empty() ? fmt::format("photo {}", photo) : record.paths.front()));
  }
  const EmbeddingFinding& own = *record.findings.embedding;
  TopHits top(static_cast<std::size_t>(limit));
  CALOTYPE_RETURN_IF_ERROR(catalog.ForEachEmbedding(own.space, [&](PhotoId other, std::span<const uint16_t> halves) {
    if (other != photo) {
      top.Add({.photo = other, .score = DotHalves(own.vector, halves)});
    }
  }));
  std::vector<PhotoId> ids;
  const std::vector<ScoredPhoto> ranking = top.Take();
  for (const ScoredPhoto& hit : ranking) {
    ids.push_back(hit.photo);
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog.PathsOf(ids));
  std::vector<SimilarPhoto> similar;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    similar.push_back({.photo = ids[i], .path = std::move(paths[i]), .cosine = ranking[i].score});
  }
  return similar;
}

}  // namespace calotype
