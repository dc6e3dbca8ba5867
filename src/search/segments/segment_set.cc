#include "search/segments/segment_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ranges>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

StatusOr<std::vector<PhotoId>> ReadReplaced(const SegmentFile& file, const fs::path& path) {
  if (file.bytes == 0) {
    return std::vector<PhotoId>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  if (Sha256(bytes).Hex() != file.sha256) {
    return absl::DataLossError(fmt::format("{} does not match its hash", path.string()));
  }
  std::vector<PhotoId> photos(bytes.size() / sizeof(PhotoId));
  std::memcpy(photos.data(), bytes.data(), photos.size() * sizeof(PhotoId));
  return photos;
}

}  // namespace

StatusOr<std::shared_ptr<const SegmentSet>> SegmentSet::Open(IndexManifest manifest, const fs::path& folder) {
  std::shared_ptr<SegmentSet> set(new SegmentSet(std::move(manifest)));
  // From the newest to the oldest, so that it is known which photos newer ones replaced.
  for (const IndexSegment& segment : set->manifest_.segments | std::views::reverse) {
    const fs::path place = folder / segment.Name();
    if (segment.photos > 0) {
      CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<VectorIndex> index,
                                VectorIndex::Open(place, set->manifest_.dimension, set->manifest_.library));
      if (index->state().count != static_cast<uint64_t>(segment.photos)) {
        return absl::DataLossError(fmt::format("{} has not the vectors of its segment", place.string()));
      }
      if (!set->replaced_.empty()) {
        CALOTYPE_RETURN_IF_ERROR(index->RemovePhotos(set->replaced_));  // not committed: the files stay as they are
      }
      set->indices_.push_back(std::move(index));
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> replaced, ReadReplaced(segment.replaced, place / "replaced"));
    set->replaced_.insert(replaced.begin(), replaced.end());
  }
  // The largest segments are usually the oldest; what they find spares comparisons in the others.
  std::ranges::reverse(set->indices_);
  return set;
}

StatusOr<std::vector<ScoredPhoto>> SegmentSet::Nearest(std::span<const float> query, std::size_t count, float floor,
                                                       const PhotoChoice& choice) const {
  TopHits top(count);
  for (const std::unique_ptr<VectorIndex>& index : indices_) {
    const float bound = count > 0 && top.full() ? std::max(floor, top.worst().score) : floor;
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ScoredPhoto> found, index->Nearest(query, count, bound, choice));
    for (const ScoredPhoto& photo : found) {
      top.Add(photo);
    }
  }
  return top.Take();
}

Status SegmentSet::ForEach(const std::function<Status(PhotoId, std::span<const uint16_t>)>& visit) const {
  for (const std::unique_ptr<VectorIndex>& index : indices_) {
    CALOTYPE_RETURN_IF_ERROR(index->ForEach(visit));
  }
  return absl::OkStatus();
}

}  // namespace calotype
