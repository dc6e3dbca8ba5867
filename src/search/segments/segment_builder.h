// Writes index segments: what changed since the last ones, and small ones together.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string_view>

#include "base/status.h"
#include "catalog/vector_catalog.h"
#include "search/segments/segment_store.h"

namespace calotype {

// How long the store keeps files that are not in the list any more, for searchers that still fetch them.
inline constexpr std::chrono::seconds kKeptRetiredFiles = std::chrono::hours(24);

struct SegmentBuildOptions {
  int64_t most_photos = 1'000'000;  // in a segment
  int64_t least_changes = 1'000;    // fewer wait for the next time: searchers read them from the catalogue
  std::chrono::seconds kept_retired = kKeptRetiredFiles;
};

struct SegmentBuild {
  bool changed = false;      // the list of segments is a new one
  int64_t segments = 0;      // in the list
  int64_t photos = 0;        // in these segments
  int64_t written = 0;       // vectors in new segments
  int64_t bytes_stored = 0;  // of new segments
};

// Brings the segments of `space` up to date with the catalogue. A new segment takes in the segments before it while
// each is smaller than four times what it has so far: so their number grows with the logarithm of the number of photos,
// and a vector is written again a few times only. All is written anew if there is no list yet, or if the catalogue no
// longer keeps the changes since.
//
// The new files are stored first, then the list changes in one step. Files that it does not have any more are removed
// by a later call, after SegmentBuildOptions::kept_retired. `work` is a folder of this process for temporary files and
// for segments that are merged; its disk needs room for the largest segment (1.2 KB a photo with 512 dimensions).
//
// kAborted when another process wrote a list meanwhile: what it wrote stays.
StatusOr<SegmentBuild> BuildSegments(VectorCatalog& catalog, std::string_view space, const SegmentStore& store,
                                     const std::filesystem::path& work, const SegmentBuildOptions& options,
                                     const std::stop_token& stop);

}  // namespace calotype
