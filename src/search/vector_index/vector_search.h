// The nearest photos of a catalogue, by its vector indices, which are kept in step with it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "search/top_hits.h"
#include "search/vector_index/vector_index.h"

namespace calotype {

// Libraries below this many vectors are read as they are: a few milliseconds, and no file to keep.
inline constexpr int64_t kIndexFrom = 5000;

// Thread-safe as far as the catalogue is. An index is a derived file: one that is missing, behind, damaged or of
// another catalogue is brought up to date or made anew from the database, and where that cannot be (another process is
// at it, the disk is full), the database itself answers, slower and the same.
class VectorSearch {
 public:
  // `folder` holds a folder for each space of embeddings; it is made when it is needed. Empty: no index is used.
  explicit VectorSearch(std::filesystem::path folder, int64_t index_from = kIndexFrom)
      : folder_(std::move(folder)), index_from_(index_from) {}

  // The `count` present photos with the highest cosine of at least `floor` to `query` (unit length) in `space`, best
  // first, of those that `choice` allows.
  StatusOr<std::vector<ScoredPhoto>> Nearest(Catalog& catalog, std::string_view space, std::span<const float> query,
                                             std::size_t count, float floor, const PhotoChoice& choice);

  // Brings the index of `space` up to date, as the first search after a scan would. False when it is too small for one.
  StatusOr<bool> Update(Catalog& catalog, std::string_view space);

 private:
  StatusOr<VectorIndex*> UpToDate(Catalog& catalog, const std::string& space, std::size_t dimension)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status CatchUp(Catalog& catalog, const std::string& space, const VectorChanges& changes, VectorIndex& index);
  std::filesystem::path FolderOf(std::string_view space) const;

  const std::filesystem::path folder_;
  const int64_t index_from_;
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<VectorIndex>> indices_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
