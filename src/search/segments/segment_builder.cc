#include "search/segments/segment_builder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "search/segments/manifest.h"
#include "search/segments/segment_cache.h"
#include "search/segments/segment_set.h"
#include "search/vector_index/vector_file.h"
#include "search/vector_index/vector_index.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// A segment is merged with a newer one unless it is this many times as large.
constexpr int64_t kMergeFactor = 4;

// Fills new segments one after the other and stores them.
class SegmentWriter {
 public:
  SegmentWriter(std::string_view space, const SegmentStore& store, fs::path folder, const VectorChanges& changes,
                int64_t most_photos, const std::stop_token& stop)
      : space_(space),
        store_(store),
        folder_(std::move(folder)),
        changes_(changes),
        most_photos_(most_photos),
        stop_(stop) {}

  // The photos whose vectors in former segments do not count any more; in any order. Call it before Finish().
  void SetReplaced(std::vector<PhotoId> replaced) { replaced_ = std::move(replaced); }

  Status Add(PhotoId photo, std::span<const uint16_t> halves) {
    if (stop_.stop_requested()) {
      return absl::CancelledError("stopped");
    }
    if (index_ == nullptr) {
      CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder_));
      CALOTYPE_ASSIGN_OR_RETURN(index_, VectorIndex::Open(folder_, changes_.dimension, changes_.library));
    }
    segment_.first = segment_.photos == 0 ? photo : std::min(segment_.first, photo);
    segment_.last = std::max(segment_.last, photo);
    ++segment_.photos;
    CALOTYPE_RETURN_IF_ERROR(index_->Append(photo, halves));
    return segment_.photos < most_photos_ ? absl::OkStatus() : Store();
  }

  // The new segments, the oldest first.
  StatusOr<std::vector<IndexSegment>> Finish() {
    if (segment_.photos > 0 || !replaced_.empty()) {
      CALOTYPE_RETURN_IF_ERROR(Store());
    }
    CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder_));
    return std::move(segments_);
  }

 private:
  StatusOr<SegmentFile> Put(const char* name) {
    const UniqueFd file(open((folder_ / name).c_str(), O_RDONLY | O_CLOEXEC));
    return file.get() < 0 ? StatusOr<SegmentFile>(ErrnoStatus(errno, fmt::format("open {}", (folder_ / name).string())))
                          : store_.Put(space_, file, stop_);
  }

  StatusOr<SegmentFile> PutReplaced() {
    std::ranges::sort(replaced_);
    const std::vector<PhotoId> replaced = std::exchange(replaced_, {});  // the first of several new segments has them
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file,
                              MakeMemoryFile("replaced", {reinterpret_cast<const uint8_t*>(replaced.data()),
                                                          replaced.size() * sizeof(PhotoId)}));
    return store_.Put(space_, file, stop_);
  }

  Status Store() {
    const SegmentFile nothing{.sha256 = Sha256({}).Hex(), .bytes = 0};  // stands for a file that is not stored
    segment_.codes = segment_.vectors = segment_.mean = segment_.replaced = nothing;
    if (index_ != nullptr) {
      CALOTYPE_RETURN_IF_ERROR(index_->Commit(changes_.last));
      index_.reset();
      CALOTYPE_ASSIGN_OR_RETURN(segment_.codes, Put("codes"));
      CALOTYPE_ASSIGN_OR_RETURN(segment_.vectors, Put("vectors"));
      CALOTYPE_ASSIGN_OR_RETURN(segment_.mean, Put("mean"));
    }
    if (!replaced_.empty()) {
      CALOTYPE_ASSIGN_OR_RETURN(segment_.replaced, PutReplaced());
    }
    segments_.push_back(std::exchange(segment_, {}));
    return absl::OkStatus();
  }

  const std::string_view space_;
  const SegmentStore& store_;
  const fs::path folder_;
  const VectorChanges& changes_;
  const int64_t most_photos_;
  const std::stop_token stop_;
  std::vector<PhotoId> replaced_;
  std::unique_ptr<VectorIndex> index_;
  IndexSegment segment_;
  std::vector<IndexSegment> segments_;
};

// The list that can be continued; nullopt: all must be written anew.
StatusOr<std::optional<IndexManifest>> Continued(const std::optional<std::string>& text, const VectorChanges& changes) {
  if (!text.has_value()) {
    return std::nullopt;
  }
  StatusOr<IndexManifest> manifest = ParseIndexManifest(*text);
  if (absl::IsFailedPrecondition(manifest.status())) {
    return manifest.status();  // a newer program may write the list, too: nobody destroys the work of the other
  }
  if (!manifest.ok()) {
    LogWarning("writing the index segments anew: {}", Message(manifest.status()));
    return std::nullopt;
  }
  return manifest->dimension == changes.dimension && manifest->Continues(changes) ? std::optional(*std::move(manifest))
                                                                                  : std::nullopt;
}

Status AddAll(VectorCatalog& catalog, std::string_view space, std::size_t dimension, SegmentWriter& writer) {
  Status status;
  CALOTYPE_RETURN_IF_ERROR(
      catalog.ForEachEmbedding(space, /*absent_too=*/true, [&](PhotoId photo, std::span<const uint16_t> halves) {
        if (status.ok() && halves.size() == dimension) {
          status = writer.Add(photo, halves);
        }
      }));
  return status;
}

// Takes the last segments off `manifest` that are merged with `photos` new ones.
IndexManifest TakeMerged(IndexManifest& manifest, int64_t photos, int64_t most_photos) {
  IndexManifest merged{.library = manifest.library,
                       .dimension = manifest.dimension,
                       .last_change = manifest.last_change,
                       .segments = {},
                       .retired = {}};
  while (!manifest.segments.empty()) {
    const int64_t former = manifest.segments.back().photos;
    if (former >= kMergeFactor * photos || former + photos > most_photos) {
      break;
    }
    photos += former;
    merged.segments.insert(merged.segments.begin(), manifest.segments.back());
    manifest.segments.pop_back();
  }
  return merged;
}

// Writes the vectors of `changed` photos and of the segments `merged`. `before`: the segments that stay.
Status AddChanges(VectorCatalog& catalog, std::string_view space, const std::vector<PhotoId>& changed,
                  const SegmentSet& merged, const std::vector<IndexSegment>& before, SegmentWriter& writer) {
  const std::unordered_set<PhotoId> newer(changed.begin(), changed.end());
  std::unordered_set<PhotoId> replaced = merged.replaced();
  replaced.insert(changed.begin(), changed.end());
  std::erase_if(replaced, [&before](PhotoId photo) {
    return std::ranges::none_of(before, [photo](const IndexSegment& segment) { return segment.MayHave(photo); });
  });
  writer.SetReplaced({replaced.begin(), replaced.end()});
  CALOTYPE_RETURN_IF_ERROR(merged.ForEach([&](PhotoId photo, std::span<const uint16_t> halves) -> Status {
    return newer.contains(photo) ? absl::OkStatus() : writer.Add(photo, halves);
  }));
  for (const PhotoId photo : changed) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::vector<uint16_t>> halves, catalog.Embedding(space, photo));
    if (halves.has_value() && halves->size() == merged.manifest().dimension) {
      CALOTYPE_RETURN_IF_ERROR(writer.Add(photo, *halves));
    }
  }
  return absl::OkStatus();
}

// Fills `next.retired` with what the list `former` had and `next` has not. Returns the files that were retired long
// ago.
std::vector<SegmentFile> Retire(const std::optional<std::string>& former, IndexManifest& next,
                                std::chrono::seconds kept) {
  const StatusOr<IndexManifest> before = former.has_value() ? ParseIndexManifest(*former) : absl::NotFoundError("");
  if (!before.ok()) {
    return {};
  }
  std::set<std::string> used;
  for (const IndexSegment& segment : next.segments) {
    for (const SegmentFile& file : segment.files()) {
      used.insert(file.sha256);
    }
  }
  const int64_t now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
  std::vector<RetiredFile> retired = before->retired;
  for (const IndexSegment& segment : before->segments) {
    for (const SegmentFile& file : segment.files()) {
      if (file.bytes > 0) {
        retired.push_back({.file = file, .since = now});
      }
    }
  }
  std::vector<SegmentFile> outdated;
  for (const RetiredFile& one : retired) {
    if (used.insert(one.file.sha256).second) {  // neither in use nor seen before
      if (now - one.since >= kept.count()) {
        outdated.push_back(one.file);
      } else {
        next.retired.push_back(one);
      }
    }
  }
  return outdated;
}

SegmentBuild Summary(const IndexManifest& manifest, const std::vector<IndexSegment>& written) {
  SegmentBuild build{.changed = !written.empty(),
                     .segments = static_cast<int64_t>(manifest.segments.size()),
                     .photos = manifest.photos()};
  for (const IndexSegment& segment : written) {
    build.written += segment.photos;
    build.bytes_stored += segment.bytes();
  }
  return build;
}

}  // namespace

StatusOr<SegmentBuild> BuildSegments(VectorCatalog& catalog, std::string_view space, const SegmentStore& store,
                                     const fs::path& work, const SegmentBuildOptions& options,
                                     const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> former, catalog.SegmentManifest(space));
  // Asked before the vectors are read: what changes in between is read twice.
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(space, 1));
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<IndexManifest> continued, Continued(former, changes));
  if (!continued.has_value() && changes.vectors == 0) {
    return SegmentBuild{};
  }
  IndexManifest next{.library = changes.library,
                     .dimension = changes.dimension,
                     .last_change = changes.last,
                     .segments = {},
                     .retired = {}};
  SegmentWriter writer(space, store, work / FolderOfSpace(space) / "new", changes, options.most_photos, stop);
  if (!continued.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(AddAll(catalog, space, changes.dimension, writer));
  } else {
    next.segments = continued->segments;
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> changed,
                              catalog.VectorsChangedSince(space, continued->last_change));
    if (static_cast<int64_t>(changed.size()) < std::max<int64_t>(options.least_changes, 1)) {
      return Summary(*continued, {});
    }
    const SegmentCache cache(store, work / "merged", std::string(space));
    const IndexManifest taken = TakeMerged(next, static_cast<int64_t>(changed.size()), options.most_photos);
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const SegmentSet> merged,
                              cache.Get(taken, [](const SegmentProgress&) {}, stop));
    CALOTYPE_RETURN_IF_ERROR(AddChanges(catalog, space, changed, *merged, next.segments, writer));
    CALOTYPE_RETURN_IF_ERROR(cache.Tidy({}));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<IndexSegment> written, writer.Finish());
  next.segments.insert(next.segments.end(), written.begin(), written.end());
  const std::vector<SegmentFile> outdated = Retire(former, next, options.kept_retired);
  CALOTYPE_ASSIGN_OR_RETURN(const bool replaced, catalog.ReplaceSegmentManifest(space, former, ToText(next)));
  if (!replaced) {
    return absl::AbortedError(fmt::format("another process wrote the list of index segments of {}", space));
  }
  for (const SegmentFile& file : outdated) {
    if (const Status removed = store.Remove(space, file, stop); !removed.ok()) {
      LogWarning("a file of an old index segment stays: {}", Message(removed));
    }
  }
  return Summary(next, written);
}

}  // namespace calotype
