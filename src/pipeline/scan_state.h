// What the stages of one scan share: counts, the reason to stop, and failures on their way to the subscriber.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "analysis/photo_result.h"
#include "base/bounded_queue.h"
#include "base/mutex.h"
#include "base/status.h"
#include "pipeline/scan_events.h"
#include "pipeline/scanner.h"

namespace calotype {

// Thread-safe.
class ScanState {
 public:
  explicit ScanState(std::stop_token stop) : stop_(std::move(stop)) {}

  // True when no stage may start another photo: the caller stopped the scan, an error ended it, or other models were
  // chosen for the library.
  bool Stopping() const { return stop_.stop_requested() || failed_ || superseded_; }
  // True when the scan ends before its work is done, and not because of an error.
  bool stopped() const { return stop_.stop_requested() || superseded_; }
  const std::stop_token& stop_token() const { return stop_; }

  // Ends the scan with `error`; of several errors the first one counts.
  void Fail(const Status& error) ABSL_LOCKS_EXCLUDED(mutex_);
  Status error() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Other models were chosen for the library: photos in progress are finished, no other is started.
  void Supersede() { superseded_ = true; }

  ScannerCounts& counts() { return counts_; }
  const ScannerCounts& counts() const { return counts_; }
  void EndWalk() { walking_ = false; }
  bool walking() const { return walking_; }
  void AddClaimed(int64_t photos) { claimed_ += photos; }
  // Counts a stored result and remembers the devices that it names.
  void AddResult(const PhotoResult& result) ABSL_LOCKS_EXCLUDED(mutex_);
  // The scan rests until this is called with an empty reason.
  void SetResting(std::string reason) ABSL_LOCKS_EXCLUDED(mutex_);
  // Called by the claim, decode and analyse stages before each photo: waits while the scan rests, unless it stops.
  void WaitWhileResting() const;

  // Queues a failure for the subscriber. Waits while kMaxFailures are queued, so Deliver() must be called until all
  // stages have ended.
  void Report(ScanFailure failure) { failures_.Push(std::move(failure)); }
  // Passes the queued failures on; called by one thread.
  void Deliver(const ScanSubscriber& subscriber);

  ScanProgress Progress() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Where each analysis ran last.
  std::map<std::string, std::string> devices() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  static constexpr std::size_t kMaxFailures = 1000;

  const std::stop_token stop_;
  ScannerCounts counts_;
  BoundedQueue<ScanFailure> failures_{kMaxFailures};
  std::atomic<bool> walking_{true};
  std::atomic<bool> failed_{false};
  std::atomic<bool> superseded_{false};
  std::atomic<bool> rests_{false};  // resting_ is not empty
  std::atomic<int64_t> claimed_{0};
  std::atomic<int64_t> analysed_{0};
  std::atomic<int64_t> photos_failed_{0};

  mutable Mutex mutex_;
  Status first_error_ ABSL_GUARDED_BY(mutex_);
  std::string resting_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> devices_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
