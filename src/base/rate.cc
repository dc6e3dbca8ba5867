#include "base/rate.h"

namespace calotype {
namespace {

constexpr std::chrono::seconds kWindow{30};

}  // namespace

void RateMeter::Add(Clock::time_point now, int64_t done) {
  samples_.emplace_back(now, done);
  while (samples_.size() > 2 && now - samples_.front().first > kWindow) {
    samples_.pop_front();
  }
}

std::optional<double> RateMeter::PerMinute() const {
  if (samples_.size() < 2) {
    return std::nullopt;
  }
  const std::chrono::duration<double, std::ratio<60>> minutes = samples_.back().first - samples_.front().first;
  const auto done = static_cast<double>(samples_.back().second - samples_.front().second);
  if (minutes.count() <= 0 || done <= 0) {
    return std::nullopt;
  }
  return done / minutes.count();
}

std::optional<double> RateMeter::SecondsLeft(int64_t left) const {
  const std::optional<double> rate = PerMinute();
  return rate.has_value() ? std::optional(static_cast<double>(left) / *rate * 60) : std::nullopt;
}

}  // namespace calotype
