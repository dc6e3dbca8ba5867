// Runs a scan and shows its events on the terminal.
#pragma once

#include <functional>
#include <string>

#include "app/app.h"
#include "app/client/library_client.h"
#include "app/events.h"
#include "app/scan.h"
#include "base/status.h"

namespace calotype {

struct FinishedScan {
  ScanReport report;         // the last one, with ScanRequest::watch
  bool interrupted = false;  // by Ctrl-C or SIGTERM: work may remain
};

// Prints progress and failures on standard error, as scans do, and calls `on_report`, if it is given, for the first
// report and for each later one that has something to tell. One thread at a time may call it.
EventHandler PrintEvents(const std::function<void(const ScanReport&)>& on_report);

// Runs a scan of `library` until it is finished, or until Ctrl-C, which stops it without loss. Prints progress and
// failures on standard error. Calls `on_report`, if it is given, for the first scan, and for each later one
// (ScanRequest::watch) that had something to do.
StatusOr<FinishedScan> ScanWithProgress(LibraryClient& library, const ScanRequest& request,
                                        const std::function<void(const ScanReport&)>& on_report = nullptr);
// The same for the library of this machine, with the priority that scan.nice says.
StatusOr<FinishedScan> ScanWithProgress(App& app, const ScanRequest& request,
                                        const std::function<void(const ScanReport&)>& on_report = nullptr);

// "scanned 40 photos (38 unchanged, 2 new or changed), 2 analysed in 3 s (40 photos per minute)". Counts that are 0 are
// left out. The first three are of files; the others are of photos, and include those that were pending before.
std::string Summary(const ScanReport& report);

// The exit status of a scan: 130 if it was interrupted, 1 if a photo or a file failed, else 0.
int ExitStatusOf(const FinishedScan& scan);

}  // namespace calotype
