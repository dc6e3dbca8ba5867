// Looks, while a scan runs, whether it should rest.
#pragma once

#include <thread>

#include "catalog/work_catalog.h"
#include "pipeline/scan_state.h"
#include "pipeline/throttle.h"

namespace calotype {

// Keeps ScanState::SetResting() up to date five times a second, on a thread of its own, until it is destroyed: the scan
// rests while the library is paused or the throttle requires it. Has looked once when the constructor returns.
class RestWatch {
 public:
  // The references must outlive the watch.
  RestWatch(WorkCatalog& work, const ThrottleOptions& throttle, ScanState& state);

 private:
  std::jthread thread_;
};

}  // namespace calotype
