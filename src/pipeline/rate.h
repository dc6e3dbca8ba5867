// How fast it goes and how long it will take, for a person who watches.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace calotype {

// The rate over the last half minute, so that a slow start (models load) does not spoil the forecast. One thread.
class RateMeter {
 public:
  using Clock = std::chrono::steady_clock;

  // `done` things were done by `now`; calls come with rising times and counts.
  void Add(Clock::time_point now, int64_t done);
  // Things per minute; nullopt before there is something to tell.
  std::optional<double> PerMinute() const;
  // Seconds until `left` more are done; nullopt when the rate is not known.
  std::optional<double> SecondsLeft(int64_t left) const;

 private:
  std::deque<std::pair<Clock::time_point, int64_t>> samples_;
};

// "45 s", "12 min", "3 h 20 min".
std::string FormatDuration(double seconds);

}  // namespace calotype
