// Keeps the index segments of a library on this machine, and searches them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/vector_catalog.h"
#include "search/segments/recent_vectors.h"
#include "search/segments/segment_cache.h"
#include "search/segments/segment_set.h"
#include "search/segments/segment_store.h"
#include "search/vector_index/photo_set.h"
#include "search/vector_index/top_hits.h"

namespace calotype {

// Thread-safe; one thread calls Follow().
class SegmentFollower {
 public:
  // `folder` is on this machine and gets a copy of all segments.
  SegmentFollower(SegmentStore store, std::filesystem::path folder)
      : store_(std::move(store)), folder_(std::move(folder)) {}

  // Fetches what is new in the lists of segments, and searches with it from then on. Until all segments of a list are
  // there, the former ones serve. Goes on where it was interrupted, also in another process.
  Status Follow(VectorCatalog& catalog, const std::stop_token& stop) ABSL_LOCKS_EXCLUDED(mutex_);

  enum class State : uint8_t {
    kNone,      // the space has no segments, as far as is known, or none that fit the catalogue
    kFetching,  // it has, but not all of them are here
    kReady,
  };
  struct Answer {
    State state = State::kNone;
    std::vector<ScoredPhoto> photos;  // if it is kReady
  };
  // As VectorSearch::Nearest(), with segments and, for what changed since they were written, the catalogue.
  StatusOr<Answer> Nearest(VectorCatalog& catalog, std::string_view space, std::span<const float> query,
                           std::size_t count, float floor, const PhotoChoice& choice) ABSL_LOCKS_EXCLUDED(mutex_);

  // Of all spaces together.
  SegmentProgress Progress() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // What searches use; it does not change, but for what is read of the catalogue.
  struct Ready {
    explicit Ready(std::shared_ptr<const SegmentSet> segments)
        : set(std::move(segments)), recent(set->manifest().dimension, set->manifest().last_change) {}

    const std::shared_ptr<const SegmentSet> set;
    RecentVectors recent;
  };
  struct Space {
    SegmentProgress progress;      // of the newest list
    std::shared_ptr<Ready> ready;  // null: no list was ever complete
    std::string text;              // the list of `ready`
  };

  Status FollowSpace(VectorCatalog& catalog, const std::string& name, const std::stop_token& stop)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Deletes segments that turned out to be damaged, so that they are fetched again.
  void Discard(std::string_view name, const std::shared_ptr<Ready>& damaged) ABSL_LOCKS_EXCLUDED(mutex_);

  const SegmentStore store_;
  const std::filesystem::path folder_;
  mutable Mutex mutex_;  // held for moments only
  std::map<std::string, Space, std::less<>> spaces_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
