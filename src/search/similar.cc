#include "search/similar.h"

#include <fmt/format.h>

#include "search/vector_index/dot.h"
#include "search/vector_index/top_hits.h"

namespace calotype {
namespace {

Status CheckLimit(int limit) {
  return limit >= 1 ? absl::OkStatus()
                    : absl::InvalidArgumentError(fmt::format("the search limit is {}; it must be at least 1", limit));
}

}  // namespace

StatusOr<std::vector<SimilarPhoto>> FindSimilar(SearchCatalog& catalog, VectorSearch& vectors, PhotoId photo, int limit,
                                                const PhotoChoice& choice) {
  CALOTYPE_RETURN_IF_ERROR(CheckLimit(limit));
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord record, catalog.GetPhoto(photo));
  if (!record.findings.embedding.has_value() || record.findings.embedding->vector.empty()) {
    return absl::FailedPreconditionError(fmt::format(
        "{} has no embedding yet; run a scan with the analysis \"embedding\", or see its state with calotype show",
        record.paths.empty() ? fmt::format("photo {}", photo) : record.paths.front()));
  }
  PhotoSet itself = choice.except == nullptr ? PhotoSet() : *choice.except;
  itself.Add(photo);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoPair> pairs, catalog.Pairs());
  for (const PhotoPair& pair : pairs) {
    if (pair.raw == photo) {
      itself.Add(pair.shown);
    } else if (pair.shown == photo || choice.only == nullptr) {
      itself.Add(pair.raw);
    }
  }
  return FindSimilarTo(catalog, vectors, *record.findings.embedding, limit, {.only = choice.only, .except = &itself});
}

StatusOr<std::vector<SimilarPhoto>> FindSimilarTo(SearchCatalog& catalog, VectorSearch& vectors,
                                                  const EmbeddingFinding& embedding, int limit,
                                                  const PhotoChoice& choice) {
  CALOTYPE_RETURN_IF_ERROR(CheckLimit(limit));
  CALOTYPE_ASSIGN_OR_RETURN(
      const std::vector<ScoredPhoto> ranking,
      vectors.Nearest(catalog, embedding.space, embedding.vector, static_cast<std::size_t>(limit), -1, choice));
  std::vector<PhotoId> ids;
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
