// What a scan reports while it runs, as values.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "pipeline/scan_progress.h"

namespace calotype {

// A file, folder or analysis that failed.
struct ScanFailure {
  std::string path;
  std::string analysis;  // "read" for a file or folder that could not be read
  std::string reason;
};

// Another scan of the catalogue runs: new files are queued for it, and this scan waits until it ends.
struct ScanWaiting {
  std::string reason;  // "another scan of this catalogue is running (process 12)"
};

using ScanEvent = std::variant<ScanProgress, ScanFailure, ScanWaiting>;

// Receives the events of one scan in order, one at a time, always on the thread that called RunScan(). No lock is held
// meanwhile, so it may call anything. If the function is slow, the scan waits.
using ScanSubscriber = std::function<void(const ScanEvent&)>;

}  // namespace calotype
