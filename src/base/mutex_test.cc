#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace calotype {
namespace {

using std::chrono::milliseconds;

struct Baton {
  Mutex mutex;
  int turn ABSL_GUARDED_BY(mutex) = 0;
};

// Each thread passes the turn on and waits for its next one without unlocking in between.
TEST(MutexTest, AwaitWakesOtherWaiters) {
  Baton baton;
  const auto play = [&baton](int own) {
    const MutexLock lock(&baton.mutex);
    for (int i = 0; i < 100; ++i) {
      baton.mutex.Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(baton.mutex) { return baton.turn % 2 == own; });
      ++baton.turn;
    }
  };
  {
    const std::jthread one(play, 0);
    const std::jthread other(play, 1);
  }
  const MutexLock lock(&baton.mutex);
  EXPECT_EQ(baton.turn, 200);
}

TEST(MutexTest, AwaitWithTimeoutReturnsTheLastResult) {
  Baton baton;
  const MutexLock lock(&baton.mutex);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(baton.mutex.AwaitWithTimeout(
      [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(baton.mutex) { return baton.turn == 1; }, milliseconds(10)));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(10));
  const std::jthread setter([&baton] {
    const MutexLock inner(&baton.mutex);
    baton.turn = 1;
  });
  EXPECT_TRUE(baton.mutex.AwaitWithTimeout([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(baton.mutex) { return baton.turn == 1; },
                                           std::chrono::minutes(1)));
}

}  // namespace
}  // namespace calotype
