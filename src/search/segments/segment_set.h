// All segments of a manifest, mapped: a whole index that does not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <unordered_set>
#include <vector>

#include "base/status.h"
#include "search/segments/manifest.h"
#include "search/vector_index/photo_set.h"
#include "search/vector_index/top_hits.h"
#include "search/vector_index/vector_index.h"

namespace calotype {

// Thread-safe.
class SegmentSet {
 public:
  // The files of segment S are in `folder`/S.Name(), named as in IndexSegment (SegmentStore::Fetch). kDataLoss when one
  // of them is damaged.
  static StatusOr<std::shared_ptr<const SegmentSet>> Open(IndexManifest manifest, const std::filesystem::path& folder);

  const IndexManifest& manifest() const { return manifest_; }

  // As VectorIndex::Nearest() of one index with the same vectors.
  StatusOr<std::vector<ScoredPhoto>> Nearest(std::span<const float> query, std::size_t count, float floor,
                                             const PhotoChoice& choice) const;

  // The vectors that count, in no particular order.
  Status ForEach(const std::function<Status(PhotoId, std::span<const uint16_t>)>& visit) const;

  // The photos whose vectors in segments before those of the set do not count.
  const std::unordered_set<PhotoId>& replaced() const { return replaced_; }

 private:
  explicit SegmentSet(IndexManifest manifest) : manifest_(std::move(manifest)) {}

  const IndexManifest manifest_;
  std::vector<std::unique_ptr<VectorIndex>> indices_;
  std::unordered_set<PhotoId> replaced_;
};

}  // namespace calotype
