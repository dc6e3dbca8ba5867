// Extends the lease of claimed photos while a scan works on them.
#pragma once

#include <chrono>
#include <thread>

#include "catalog/work_source.h"

namespace calotype {

// Calls WorkSource::Extend() at intervals, on a thread of its own, until it is destroyed. A failed call is logged, and
// tried again after the next interval.
class LeaseKeeper {
 public:
  // `source` must outlive the keeper.
  explicit LeaseKeeper(WorkSource& source, std::chrono::milliseconds interval = std::chrono::seconds(kExtendSeconds));

 private:
  std::jthread thread_;
};

}  // namespace calotype
