#include "server/http/rate_limiter.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

using std::chrono::seconds;
constexpr seconds kNow{0};

TEST(RateLimiterTest, ABurstIsAllowedThenTheRate) {
  RateLimiter limiter(/*per_minute=*/60, /*burst=*/3);
  const RateLimiter::Clock::time_point start;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(limiter.Take("a", start), kNow);
  }
  EXPECT_EQ(limiter.Take("a", start), seconds(1));
  EXPECT_TRUE(limiter.IsEmpty("a", start));
  EXPECT_EQ(limiter.Take("b", start), kNow) << "each key has a bucket of its own";
  EXPECT_EQ(limiter.Take("a", start + seconds(1)), kNow);
  EXPECT_EQ(limiter.Take("a", start + seconds(1)), seconds(1));
}

TEST(RateLimiterTest, TheRateCanChange) {
  RateLimiter limiter(/*per_minute=*/0, /*burst=*/1);
  const RateLimiter::Clock::time_point start;
  EXPECT_EQ(limiter.Take("a", start), kNow);
  limiter.SetRate(/*per_minute=*/30, /*burst=*/1);
  EXPECT_EQ(limiter.Take("a", start), kNow);
  EXPECT_EQ(limiter.Take("a", start), seconds(2));
}

TEST(RateLimiterTest, AFullBucketDoesNotGrow) {
  RateLimiter limiter(60, 2);
  const RateLimiter::Clock::time_point start;
  limiter.Take("a", start);
  const auto later = start + seconds(1000);
  EXPECT_EQ(limiter.Take("a", later), kNow);
  EXPECT_EQ(limiter.Take("a", later), kNow);
  EXPECT_NE(limiter.Take("a", later), kNow);
}

TEST(RateLimiterTest, ZeroMeansNoLimit) {
  RateLimiter limiter(0, 1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(limiter.Take("a"), kNow);
  }
}

}  // namespace
}  // namespace calotype
