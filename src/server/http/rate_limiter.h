// Limits how often each client may do something.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace calotype {

// A token bucket for each key: `burst` at once, and `per_minute` in the long run. Thread-safe.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  // per_minute 0: no limit.
  RateLimiter(double per_minute, double burst) : per_second_(per_minute / 60), burst_(burst) {}

  void SetRate(double per_minute, double burst) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes one if there is one. Otherwise returns the time until there will be.
  std::chrono::seconds Take(const std::string& key, Clock::time_point now = Clock::now()) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether Take() would wait, without taking.
  bool IsEmpty(const std::string& key, Clock::time_point now = Clock::now()) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Keys that are full again are forgotten when there are more than this.
  static constexpr std::size_t kMaxKeys = 10'000;

  struct Bucket {
    double level = 0;
    Clock::time_point at;
  };
  double LevelAt(const Bucket& bucket, Clock::time_point now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  double per_second_ ABSL_GUARDED_BY(mutex_);
  double burst_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
