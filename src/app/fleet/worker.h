// `calotype worker`: analyses what others book, until it is stopped.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/events.h"
#include "app/fleet/membership.h"
#include "app/library.h"
#include "app/scan_runner.h"
#include "base/mutex.h"
#include "base/rate.h"
#include "base/status.h"

namespace calotype {

struct WorkerRequest {
  std::vector<std::string> only;  // analyses to run; empty: all
  // Photos are taken from now on, or as soon as there are any; may be empty.
  std::function<void()> on_ready;
  std::function<void()> abandon;  // ScanOptions::abandon; may be empty
};

// What a worker does is shown by Processes() (ProcessCatalog). Thread-safe.
class Worker {
 public:
  // `library` must outlive the worker.
  Worker(Library& library, WorkerRequest request) : library_(library), request_(std::move(request)) {}

  // Works until `stop`. Then photos in progress are finished, for worker.drain_s seconds at most, and the others are
  // given back. Before the first scan of the library, it says so once and waits; a wrong request is an error then, too.
  // While the catalogue cannot be reached, it waits and tries again. Other errors end it, such as kFailedPrecondition
  // when the library wants models that this process was told not to use. Call it once.
  StatusOr<ScanReport> Run(const EventHandler& on_event, const std::stop_token& stop);

  ProcessFigures Figures() const ABSL_LOCKS_EXCLUDED(mutex_);
  // OK while it takes photos or waits for the first scan, and the catalogue answers; else why not.
  Status Reachable() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Returns when the library was scanned, or `stop` is requested.
  Status WaitForScan(const std::stop_token& stop);
  void Note(const StatusOr<bool>& scanned) ABSL_LOCKS_EXCLUDED(mutex_);
  // Runs with the models that are in use now, until they change.
  StatusOr<ScanReport> RunOnce(const EventHandler& on_event, const std::stop_token& stop);
  void Begin(std::shared_ptr<const ScanRunner> runner) ABSL_LOCKS_EXCLUDED(mutex_);
  void Count(const ScanProgress& progress) ABSL_LOCKS_EXCLUDED(mutex_);

  Library& library_;
  const WorkerRequest request_;
  mutable Mutex mutex_;
  ProcessFigures before_ ABSL_GUARDED_BY(mutex_);   // of the runs that have ended
  ProcessFigures figures_ ABSL_GUARDED_BY(mutex_);  // of all, without devices
  RateMeter rate_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const ScanRunner> runner_ ABSL_GUARDED_BY(mutex_);
  // Without `membership_`, for Reachable().
  Status before_scan_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("the worker opens its models");
  std::unique_ptr<Membership> membership_ ABSL_GUARDED_BY(mutex_);  // null: its models are not open
};

}  // namespace calotype
