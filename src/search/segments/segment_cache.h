// The segments of one embedding space on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/status.h"
#include "search/segments/manifest.h"
#include "search/segments/segment_set.h"
#include "search/segments/segment_store.h"

namespace calotype {

// How much of an index is on this machine.
struct SegmentProgress {
  int64_t segments = 0;  // complete on this machine
  int64_t all_segments = 0;
  int64_t photos = 0;  // in these segments
  int64_t all_photos = 0;
};

// Not thread-safe. Processes may share `folder`: one fetches, the others wait for it.
class SegmentCache {
 public:
  SegmentCache(SegmentStore store, const std::filesystem::path& folder, std::string space);

  // Fetches what is missing of the segments, and maps them all. `report` is called before the first segment and after
  // each. A segment whose files turn out to be damaged is deleted, so that the next call fetches it again.
  // kFailedPrecondition while another process fetches.
  StatusOr<std::shared_ptr<const SegmentSet>> Get(const IndexManifest& manifest,
                                                  const std::function<void(const SegmentProgress&)>& report,
                                                  const std::stop_token& stop) const;

  // Deletes the segments that are not in `manifest`. Sets that are in use keep theirs.
  Status Tidy(const IndexManifest& manifest) const;

 private:
  Status Fetch(const IndexSegment& segment, const std::stop_token& stop) const;

  const SegmentStore store_;
  const std::filesystem::path folder_;
  const std::string space_;
};

}  // namespace calotype
