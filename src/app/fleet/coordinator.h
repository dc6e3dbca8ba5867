// `calotype coordinate`: walks the folders of the library, books new photos for workers, assigns new faces to people,
// and writes segments of the shared vector index. It analyses nothing.
#pragma once

#include <chrono>
#include <cstdint>
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
#include "base/status.h"

namespace calotype {

struct CoordinateRequest {
  std::vector<std::string> folders;  // folders, files or s3://BUCKET/FOLDER; empty: those scanned before
  std::vector<std::string> only;     // analyses to book; empty: all
  std::function<void()> on_ready;    // the catalogue answered; may be empty
};

// Of all coordinators of a library one leads, and the others wait until it ends or does not report for fleet.lease_s
// seconds. What an earlier leader still tries to write is refused (ProcessCatalog::WriteOnlyAsLeader). Thread-safe.
class Coordinator {
 public:
  // `library` must outlive the coordinator.
  Coordinator(Library& library, CoordinateRequest request) : library_(library), request_(std::move(request)) {}

  // Coordinates until `stop`: a walk at once and every coordinate.walk_s seconds, and every coordinate.people_s seconds
  // what follows from what workers stored. While the catalogue cannot be reached, and after a failed walk, it waits
  // and tries again; only an error of its first walk ends it, such as kNotFound for a folder that does not exist, or
  // kFailedPrecondition without a folder or when other models were chosen for the library. Call it once.
  Status Run(const EventHandler& on_event, const std::stop_token& stop);

  ProcessFigures Figures() const ABSL_LOCKS_EXCLUDED(mutex_);
  // How the catalogue answered last.
  Status Reachable() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The number under which it leads; nullopt while it waits.
  std::optional<int64_t> Leads() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Clock = std::chrono::steady_clock;

  // Wakes Run(), and stops the walk that runs if this process does not lead as `number_` any more.
  void OnChange() ABSL_LOCKS_EXCLUDED(mutex_);
  // What a leader does until it does not lead any more.
  Status LeadAs(int64_t number, const EventHandler& on_event, const std::stop_token& stop);
  // Returns when this process does not lead as `number` any more (nullopt: when it leads), at `until`, or at a stop.
  void Wait(std::optional<int64_t> number, Clock::time_point until, const std::stop_token& stop);
  Status Walk(int64_t number, const EventHandler& on_event, const std::stop_token& stop);
  // What one process does for all with what workers have stored: retries, people, segments of the vector index.
  Status Tend(int64_t number, const std::stop_token& stop);
  std::optional<int64_t> LeadsAs() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Library& library_;
  const CoordinateRequest request_;
  std::unique_ptr<ScanRunner> runner_;  // of the latest walk
  int64_t faces_ = -1;                  // when faces were assigned last; -1: not yet
  bool walked_ = false;                 // a walk has succeeded
  mutable Mutex mutex_;
  std::unique_ptr<Membership> membership_ ABSL_GUARDED_BY(mutex_);  // null: Run() does not run
  ProcessFigures figures_ ABSL_GUARDED_BY(mutex_);
  std::optional<int64_t> number_ ABSL_GUARDED_BY(mutex_);  // under which the walk that runs leads
  std::stop_source walk_stop_ ABSL_GUARDED_BY(mutex_);     // of that walk
};

}  // namespace calotype
