// The vectors that changed after an index was made: few enough to be compared one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/vector_catalog.h"
#include "search/vector_index/photo_set.h"
#include "search/vector_index/top_hits.h"

namespace calotype {

// Thread-safe. Takes 1 KB for each vector of 512 dimensions; 100,000 of them are compared in some ten milliseconds.
class RecentVectors {
 public:
  // `since`: the last change of the catalogue that the index has.
  RecentVectors(std::size_t dimension, int64_t since) : dimension_(dimension), last_change_(since) {}

  // Reads what changed in the catalogue since the last call. `changes` is VectorCatalog::ChangesOfVectors(), asked
  // before.
  Status CatchUp(VectorCatalog& catalog, std::string_view space, const VectorChanges& changes)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds the photos that changed, which the index must not find, to `changed`.
  void AddChanged(PhotoSet& changed) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Adds those that `choice` allows to `top`, with cosines from `floor` to `ceiling`.
  void Compare(std::span<const float> query, float floor, float ceiling, const PhotoChoice& choice, TopHits& top) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Status ReadSince(VectorCatalog& catalog, std::string_view space, int64_t since, int64_t last)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const std::size_t dimension_;
  mutable Mutex mutex_;
  int64_t last_change_ ABSL_GUARDED_BY(mutex_);
  // By photo; empty: it has no vector any more.
  std::unordered_map<PhotoId, std::vector<uint16_t>> vectors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
