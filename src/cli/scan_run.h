// A scan with its progress bar: what several commands end in.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/app.h"
#include "pipeline/scan_job.h"

namespace calotype {

struct ScanRequest {
  ModelChoice models;
  std::vector<std::string> folders;  // none: what is pending is done, and no folder is walked
  std::vector<std::string> only;     // analyses; empty: all
  bool wait = false;                 // for a scan that runs elsewhere
};

// Scans, sorts faces by person, tells failures on standard error. Ctrl-C ends it early, without loss.
StatusOr<ScanReport> ScanWithProgress(App& app, const ScanRequest& request);

// "scanned 40 photos, 40 analysed in 30 s (80 photos per minute)", with what went wrong.
std::string Summary(const ScanReport& report);

}  // namespace calotype
