#include "search/segments/recent_vectors.h"

#include <optional>
#include <utility>

#include "search/vector_index/dot.h"

namespace calotype {

Status RecentVectors::CatchUp(VectorCatalog& catalog, std::string_view space, const VectorChanges& changes) {
  while (true) {
    int64_t since = 0;
    {
      const MutexLock lock(&mutex_);
      since = last_change_;
    }
    if (since >= changes.last) {
      return absl::OkStatus();
    }
    CALOTYPE_RETURN_IF_ERROR(ReadSince(catalog, space, since, changes.last));
  }
}

// Two threads may read the same changes: the lock is not held, so that searches go on with what is known.
Status RecentVectors::ReadSince(VectorCatalog& catalog, std::string_view space, int64_t since, int64_t last) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> changed, catalog.VectorsChangedSince(space, since));
  std::vector<std::pair<PhotoId, std::vector<uint16_t>>> read;
  for (const PhotoId photo : changed) {
    CALOTYPE_ASSIGN_OR_RETURN(std::optional<std::vector<uint16_t>> halves, catalog.Embedding(space, photo));
    if (!halves.has_value() || halves->size() != dimension_) {
      halves.emplace();
    }
    read.emplace_back(photo, *std::move(halves));
  }
  const MutexLock lock(&mutex_);
  if (last_change_ != since) {
    return absl::OkStatus();  // another thread was faster, and may have read newer vectors
  }
  for (auto& [photo, halves] : read) {
    vectors_[photo] = std::move(halves);
  }
  last_change_ = last;
  return absl::OkStatus();
}

void RecentVectors::AddChanged(PhotoSet& changed) const {
  const MutexLock lock(&mutex_);
  for (const auto& [photo, halves] : vectors_) {
    changed.Add(photo);
  }
}

void RecentVectors::Compare(std::span<const float> query, float floor, float ceiling, const PhotoChoice& choice,
                            TopHits& top) const {
  const MutexLock lock(&mutex_);
  for (const auto& [photo, halves] : vectors_) {
    if (halves.empty() || !choice.Allows(photo)) {
      continue;
    }
    const float cosine = DotHalves(query, halves);
    if (cosine >= floor && cosine <= ceiling) {
      top.Add({.photo = photo, .score = cosine});
    }
  }
}

}  // namespace calotype
