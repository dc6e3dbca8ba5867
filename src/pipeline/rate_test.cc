#include "pipeline/rate.h"

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

struct DurationCase {
  double seconds;
  const char* text;
};

TEST(FormatDurationTest, RoundsAsAPersonWould) {
  const DurationCase cases[] = {{0.2, "0 s"},     {89.4, "89 s"},       {90, "2 min"},
                                {3600, "60 min"}, {5400, "1 h 30 min"}, {90000, "25 h 0 min"}};
  for (const DurationCase& duration : cases) {
    EXPECT_EQ(FormatDuration(duration.seconds), duration.text);
  }
}

}  // namespace
}  // namespace calotype
