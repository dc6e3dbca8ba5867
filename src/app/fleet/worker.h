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
  std::vector<std::string> only;   // analyses to run; empty: all
  std::function<void()> on_ready;  // models are open, and photos are taken from now on; may be empty
  std::function<void()> abandon;   // ScanOptions::abandon; may be empty
};

// What a worker does is shown by Processes() (ProcessCatalog). Thread-safe.
class Worker {
 public:
  // `library` must outlive the worker.
  Worker(Library& library, WorkerRequest request) : library_(library), request_(std::move(request)) {}

  // Works until `stop`. Then photos in progress are finished, for worker.drain_s seconds at most, and the others are
  // given back. While the catalogue cannot be reached, it waits and tries again. Other errors end it, such as
  // kFailedPrecondition when nothing was scanned yet or other models were chosen for the library. Call it once.
  StatusOr<ScanReport> Run(const EventHandler& on_event, const std::stop_token& stop);

  ProcessFigures Figures() const ABSL_LOCKS_EXCLUDED(mutex_);
  // OK while it takes photos and the catalogue answers; else why not.
  Status Reachable() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
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
  std::unique_ptr<Membership> membership_ ABSL_GUARDED_BY(mutex_);  // null: its models are not open
};

}  // namespace calotype
