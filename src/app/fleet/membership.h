// Tells the catalogue that this process works for the library, how it is doing, and whether it leads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "app/app.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

struct MembershipOptions {
  ProcessRole role = ProcessRole::kWorker;
  std::chrono::seconds lease{60};             // setting: fleet.lease_s
  bool may_lead = false;                      // ask to lead at each report
  std::function<ProcessFigures()> figures;    // called on the thread of the membership
  std::function<void()> on_change = nullptr;  // reachable() or leads() has changed; on that thread, may be empty
};

// Reports from its construction to its destruction, six times in the time of its lease, on a thread with a connection
// of its own. An error is logged once, and the next report tries again. Thread-safe. `app` must outlive it.
class Membership {
 public:
  Membership(const App& app, MembershipOptions options);
  // Takes the process off the list; another one may lead at once.
  ~Membership();
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // How the latest report went; kUnavailable before the first.
  Status reachable() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The number under which this process leads; nullopt while it does not, also when it could not report in time.
  std::optional<int64_t> leads() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Clock = std::chrono::steady_clock;

  void Run(const std::stop_token& stop);
  StatusOr<std::optional<int64_t>> Report();
  void Note(const StatusOr<std::optional<int64_t>>& report, Clock::time_point began) ABSL_LOCKS_EXCLUDED(mutex_);

  const App& app_;
  const MembershipOptions options_;
  const WorkOwner owner_ = NewWorkOwner();
  const OwnerRegistration registration_{owner_};
  std::unique_ptr<Catalog> catalog_;  // of the thread; null: not open
  mutable Mutex mutex_;
  Status reachable_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("the catalogue was not asked yet");
  std::optional<int64_t> leads_ ABSL_GUARDED_BY(mutex_);
  Clock::time_point reported_ ABSL_GUARDED_BY(mutex_);  // when the latest report that succeeded began
  std::jthread thread_;
};

}  // namespace calotype
