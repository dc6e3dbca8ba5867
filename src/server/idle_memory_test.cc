#include "server/idle_memory.h"

#include <gtest/gtest.h>

#include <atomic>

namespace calotype {
namespace {

TEST(IdleMemoryTest, GivesBackOnceAfterWork) {
  std::atomic<int64_t> work = 5;
  std::atomic<int> looks = 0;
  std::atomic<int> given_back = 0;
  const auto look = [&] {
    ++looks;
    return work.load();
  };
  const IdleMemory memory(look, [&] { ++given_back; }, std::chrono::milliseconds(1));
  const auto wait_for_looks = [&](int more) {
    for (const int until = looks + more; looks < until;) {
      std::this_thread::yield();
    }
  };
  wait_for_looks(4);
  EXPECT_EQ(given_back, 0) << "there was no work";
  work = 6;
  wait_for_looks(4);
  EXPECT_EQ(given_back, 1);
  wait_for_looks(4);
  EXPECT_EQ(given_back, 1) << "nothing more to give back";
  work = 7;
  wait_for_looks(4);
  EXPECT_EQ(given_back, 2);
}

}  // namespace
}  // namespace calotype
