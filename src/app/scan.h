// Scans folders into a library, in the background.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/event_bus.h"
#include "app/library.h"
#include "app/model_choice.h"
#include "base/mutex.h"
#include "base/status.h"
#include "pipeline/stages/scan_job.h"

namespace calotype {

struct ScanRequest {
  std::optional<ModelChoice> models;  // nullopt: PackInUse()
  std::vector<std::string> folders;   // folders or files; empty: pending work is done, but no folder is walked
  std::vector<std::string> only;      // analyses to run; empty: all
  bool gone = false;                  // treat all missing files as deleted, however many they are
  bool watch = false;                 // after the first scan, scan again whenever the folders change, until Stop()
  bool only_work = false;             // no scan: analyse what scans of this library book, until Stop(); no `folders`
  // No analysis: walk the folders and book what others analyse. With the number of the leader (ProcessCatalog).
  bool only_walk = false;
  std::optional<int64_t> leads_as = std::nullopt;
  std::function<void()> abandon = nullptr;  // as ScanOptions::abandon
};

// Runs one scan at a time. Thread-safe. The library must outlive it.
class ScanService {
 public:
  explicit ScanService(Library& library) : library_(library) {}
  // Stops the running scan and waits for its end.
  ~ScanService();
  ScanService(const ScanService&) = delete;
  ScanService& operator=(const ScanService&) = delete;

  // Receives all events from now on, also those of later scans.
  std::shared_ptr<EventQueue> Subscribe() { return bus_.Subscribe(); }

  // Starts a scan in the background. It creates the catalogue if there is none, scans the folders, and sorts new faces
  // by person. While another process scans this library, new files are queued for that scan, and this one waits.
  // kFailedPrecondition while a scan of this service runs; other errors are returned by Wait().
  Status Start(const ScanRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);

  // Asks the running scan to stop and returns at once. Photos in progress are finished and stored, the rest stays
  // pending. Does nothing when no scan runs.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits for the end of the running scan and returns the report of the latest one, or the error that ended it.
  // kFailedPrecondition when none was started.
  StatusOr<ScanReport> Wait() ABSL_LOCKS_EXCLUDED(mutex_);

  bool running() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run(const ScanRequest& request, const std::stop_token& stop) ABSL_LOCKS_EXCLUDED(mutex_);

  Library& library_;
  EventBus bus_;
  mutable Mutex mutex_;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  std::stop_source stop_ ABSL_GUARDED_BY(mutex_);
  StatusOr<ScanReport> result_ ABSL_GUARDED_BY(mutex_) = absl::FailedPreconditionError("no scan was started");
  std::jthread thread_ ABSL_GUARDED_BY(mutex_);
};

// Runs the scan of `request` in this thread, as ScanService does, and returns the last report.
StatusOr<ScanReport> RunScanRequest(Library& library, const ScanRequest& request, const EventHandler& on_event,
                                    const std::stop_token& stop);

}  // namespace calotype
