// A scan with its progress bar: what several commands end in.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/app.h"
#include "app/model_choice.h"
#include "base/status.h"
#include "pipeline/scan_job.h"

namespace calotype {

struct ScanRequest {
  ModelChoice models;
  std::vector<std::string> folders;  // none: what is pending is done, and no folder is walked
  std::vector<std::string> only;     // analyses; empty: all
  bool gone = false;                 // what is not there was deleted, however much it is
};

// Scans, sorts faces by person, tells failures on standard error. Waits for a scan that runs elsewhere. Ctrl-C ends it
// early, without loss.
StatusOr<ScanReport> ScanWithProgress(App& app, const ScanRequest& request);

// The same, then again whenever something changes in the folders, until Ctrl-C. `on_report` hears of each scan that
// found something to do, and of the first.
Status ScanAndWatch(App& app, const ScanRequest& request, const std::function<void(const ScanReport&)>& on_report);

// "scanned 40 photos, 40 analysed in 30 s (80 photos per minute)", with what went wrong.
std::string Summary(const ScanReport& report);

}  // namespace calotype
