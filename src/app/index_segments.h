// The vector index that machines share (setting search.segments): writing it, and keeping a copy up to date.
#pragma once

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "search/segments/segment_builder.h"

namespace calotype {

struct BuiltSegments {
  std::string space;
  SegmentBuild build;
};

// Brings the segments of all embedding spaces up to date with the catalogue (BuildSegments). One process at a time
// should do so; kAborted when another one was faster. kFailedPrecondition when search.segments is empty, or nothing was
// scanned.
StatusOr<std::vector<BuiltSegments>> BuildIndexSegments(Library& library, const std::stop_token& stop);

// Fetches new segments in a thread of its own, every few seconds, until it is destroyed. Logs what does not work.
class SegmentThread {
 public:
  // Does nothing unless search.segments is set. `library` must outlive it.
  explicit SegmentThread(Library& library);

 private:
  static void Run(Library& library, const std::stop_token& stop);

  std::jthread thread_;
};

}  // namespace calotype
