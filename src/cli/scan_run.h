// Runs a scan and shows its events on the terminal.
#pragma once

#include <functional>
#include <string>

#include "app/app.h"
#include "app/scan.h"
#include "base/status.h"

namespace calotype {

// Runs a scan to its end, or until Ctrl-C, which stops it without loss. Prints progress and failures on standard error.
// Calls `on_report`, if it is given, for the first scan, and for each later one (ScanRequest::watch) that had something
// to do. Returns the last report.
StatusOr<ScanReport> ScanWithProgress(App& app, const ScanRequest& request,
                                      const std::function<void(const ScanReport&)>& on_report = nullptr);

// "scanned 40 photos, 40 analysed in 30 s (80 photos per minute)", with what went wrong.
std::string Summary(const ScanReport& report);

}  // namespace calotype
