#include "search/segments/segment_cache.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/file_lock.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

struct NamedFile {
  std::string_view name;
  const SegmentFile IndexSegment::* file;
};
constexpr std::array<NamedFile, 4> kFiles = {{{"codes", &IndexSegment::codes},
                                              {"vectors", &IndexSegment::vectors},
                                              {"mean", &IndexSegment::mean},
                                              {"replaced", &IndexSegment::replaced}}};

}  // namespace

SegmentCache::SegmentCache(SegmentStore store, const fs::path& folder, std::string space)
    : store_(std::move(store)), folder_(folder / FolderOfSpace(space)), space_(std::move(space)) {}

Status SegmentCache::Fetch(const IndexSegment& segment, const std::stop_token& stop) const {
  for (const auto& [name, file] : kFiles) {
    if ((segment.*file).bytes > 0) {
      CALOTYPE_RETURN_IF_ERROR(store_.Fetch(space_, segment.*file, folder_ / segment.Name() / name, stop));
    }
  }
  return absl::OkStatus();
}

StatusOr<std::shared_ptr<const SegmentSet>> SegmentCache::Get(const IndexManifest& manifest,
                                                              const std::function<void(const SegmentProgress&)>& report,
                                                              const std::stop_token& stop) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(fs::path(folder_.string() + ".lock"),
                                                                "process that fetches the vector index"));
  SegmentProgress progress{.segments = 0,
                           .all_segments = static_cast<int64_t>(manifest.segments.size()),
                           .photos = 0,
                           .all_photos = manifest.photos()};
  report(progress);
  for (const IndexSegment& segment : manifest.segments) {
    CALOTYPE_RETURN_IF_ERROR(Fetch(segment, stop));
    ++progress.segments;
    progress.photos += segment.photos;
    report(progress);
  }
  StatusOr<std::shared_ptr<const SegmentSet>> set = SegmentSet::Open(manifest, folder_);
  if (absl::IsDataLoss(set.status())) {
    // Which one is not known: all are fetched again.
    CALOTYPE_RETURN_IF_ERROR(Tidy({}));
  }
  return set;
}

Status SegmentCache::Tidy(const IndexManifest& manifest) const {
  std::set<std::string> wanted;
  for (const IndexSegment& segment : manifest.segments) {
    wanted.insert(segment.Name());
  }
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    if (!wanted.contains(entry->path().filename().string())) {
      fs::remove_all(entry->path(), error);
    }
  }
  return error ? ErrnoStatus(error.value(), fmt::format("delete old segments in {}", folder_.string()))
               : absl::OkStatus();
}

}  // namespace calotype
