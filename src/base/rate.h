// Speed and remaining time, for a progress display.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace calotype {

// The rate over the last 30 seconds, so that a slow start (models load) does not spoil the estimate. For one thread.
class RateMeter {
 public:
  using Clock = std::chrono::steady_clock;

  // Records that `done` items are done at `now`. Neither may decrease from call to call.
  void Add(Clock::time_point now, int64_t done);
  // Items per minute; nullopt until something was done between two calls of Add().
  std::optional<double> PerMinute() const;
  // Seconds until `left` more items are done; nullopt when the rate is not known.
  std::optional<double> SecondsLeft(int64_t left) const;

 private:
  std::deque<std::pair<Clock::time_point, int64_t>> samples_;
};

}  // namespace calotype
