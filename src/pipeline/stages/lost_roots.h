// Notices roots that disappear during a scan, such as a disk that was unplugged.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "pipeline/scan_state.h"

namespace calotype {

// Thread-safe.
class LostRoots {
 public:
  // `roots` are those of this scan and of earlier ones. `state` must outlive the object.
  LostRoots(std::vector<std::filesystem::path> roots, ScanState& state) : roots_(std::move(roots)), state_(state) {}

  // True when every root that holds one of `paths` has disappeared or is empty; or, in object storage, when the storage
  // could not be reached (`reason` is kUnavailable). Reports each such root once, as a failure. Call it for a photo
  // that could not be read for `reason`: if true, the photo itself is not the cause.
  bool Explain(const std::vector<std::string>& paths, const Status& reason) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const std::vector<std::filesystem::path> roots_;
  ScanState& state_;
  Mutex mutex_;
  std::set<std::filesystem::path> reported_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
