#include "base/rate.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

using std::chrono::seconds;

TEST(RateMeterTest, TellsRateAndTimeLeft) {
  RateMeter meter;
  const RateMeter::Clock::time_point start{};
  EXPECT_FALSE(meter.PerMinute().has_value());
  meter.Add(start, 0);
  EXPECT_FALSE(meter.SecondsLeft(10).has_value());
  meter.Add(start + seconds(10), 20);
  EXPECT_DOUBLE_EQ(*meter.PerMinute(), 120);
  EXPECT_DOUBLE_EQ(*meter.SecondsLeft(60), 30);
}

TEST(RateMeterTest, ForgetsASlowStart) {
  RateMeter meter;
  const RateMeter::Clock::time_point start{};
  for (int second = 0; second <= 120; ++second) {
    meter.Add(start + seconds(second), second < 60 ? 0 : second - 60);
  }
  EXPECT_NEAR(*meter.PerMinute(), 60, 1);
}

TEST(RateMeterTest, StandingStillIsNoRate) {
  RateMeter meter;
  meter.Add({}, 5);
  meter.Add(RateMeter::Clock::time_point{} + seconds(5), 5);
  EXPECT_FALSE(meter.PerMinute().has_value());
}

}  // namespace
}  // namespace calotype
