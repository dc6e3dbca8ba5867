// The photos nearest to a query vector, found with an index file that this class keeps up to date with the catalogue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/vector_catalog.h"
#include "search/segments/segment_follower.h"
#include "search/vector_index/photo_set.h"
#include "search/vector_index/top_hits.h"
#include "search/vector_index/vector_index.h"

namespace calotype {

// With fewer vectors than this, no index is kept: reading them all from the catalogue takes a few milliseconds.
inline constexpr int64_t kIndexFrom = 5000;

// Searches the vectors of one catalogue. Thread-safe: threads search at the same time, each with its own connection to
// the catalogue. An index stays mapped until this object is destroyed.
//
// The index is derived from the catalogue. A search that finds it missing, out of date, damaged or of another catalogue
// updates or rebuilds it first. One thread does so; the others meanwhile use the index as it was before, and when there
// was none, wait for up to a second. Whoever has no usable index (another process is updating it, the disk is full)
// gets the same answer from the catalogue, more slowly.
class VectorSearch {
 public:
  // `folder` gets one subfolder for each embedding space; it is created when first needed. With an empty path no index
  // is used. Spaces that `segments` (null: none; must outlive this object) has are searched with these instead: no
  // index is kept, and until all segments are there, the vectors are read from the catalogue.
  explicit VectorSearch(std::filesystem::path folder, int64_t index_from = kIndexFrom,
                        SegmentFollower* segments = nullptr)
      : folder_(std::move(folder)), index_from_(index_from), segments_(segments) {}

  // Returns up to `count` photos, best first: those that have a present file, that `choice` allows and whose cosine
  // with `query` (unit length) in `space` is at least `floor`.
  StatusOr<std::vector<ScoredPhoto>> Nearest(VectorCatalog& catalog, std::string_view space,
                                             std::span<const float> query, std::size_t count, float floor,
                                             const PhotoChoice& choice);

  // Updates the index of `space` as the next search would, so that no search has to wait for it. Returns false when
  // there is no usable index, for example because the library is too small for one.
  StatusOr<bool> Update(VectorCatalog& catalog, std::string_view space);

 private:
  using Snapshot = std::shared_ptr<const VectorIndex>;

  struct Space {
    explicit Space(std::string of) : name(std::move(of)) {}

    const std::string name;
    Mutex mutex;  // held for moments only, never while an index is read or written
    // The index as it was when last found or made up to date; null: not yet opened, or damaged.
    Snapshot snapshot ABSL_GUARDED_BY(mutex);
    // A thread is opening, updating or deleting the index files.
    bool updating ABSL_GUARDED_BY(mutex) = false;
  };
  class UpdateEnd;

  Space& SpaceOf(std::string_view name) ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsLargeEnough(const VectorChanges& changes) const;
  std::filesystem::path FolderOf(const Space& space) const;

  // Returns an index for queries of `dimension`, or null if there is none now. Updates the index first unless another
  // thread is doing so.
  StatusOr<Snapshot> UsableIndex(VectorCatalog& catalog, Space& space, std::size_t dimension) const;
  // Waits for up to a second until no other thread updates the index. True: it is now this thread's turn, and an
  // UpdateEnd must follow.
  static bool BeginUpdate(Space& space);
  // Ends an update that has begun: updates or rebuilds the index and keeps it as the snapshot. Null when it cannot be
  // used now.
  StatusOr<Snapshot> FinishUpdate(VectorCatalog& catalog, Space& space, std::size_t dimension) const;
  StatusOr<Snapshot> OpenAndCatchUp(VectorCatalog& catalog, const Space& space, std::size_t dimension,
                                    const Snapshot& former) const;
  static Status CatchUp(VectorCatalog& catalog, const std::string& space, const VectorChanges& changes,
                        VectorIndex& index);
  // Deletes a damaged index, unless another thread has replaced it already. False when it could not be deleted.
  StatusOr<bool> Discard(Space& space, const Snapshot& damaged) const;

  const std::filesystem::path folder_;
  const int64_t index_from_;
  SegmentFollower* const segments_;
  Mutex mutex_;
  std::map<std::string, Space, std::less<>> spaces_ ABSL_GUARDED_BY(mutex_);  // nothing is ever erased
};

}  // namespace calotype
