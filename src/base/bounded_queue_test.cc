#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace calotype {
namespace {

TEST(BoundedQueueTest, KeepsTheOrderAndEndsWhenClosed) {
  BoundedQueue<std::unique_ptr<int>> queue(3);
  EXPECT_TRUE(queue.Push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.Push(std::make_unique<int>(2)));
  queue.Close();
  EXPECT_FALSE(queue.Push(std::make_unique<int>(3)));
  EXPECT_EQ(**queue.Pop(), 1);
  EXPECT_EQ(**queue.TryPop(), 2);
  EXPECT_FALSE(queue.Pop().has_value());
  EXPECT_FALSE(queue.TryPop().has_value());
}

TEST(BoundedQueueTest, PushWaitsWhileTheQueueIsFull) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed{0};
  std::jthread producer([&] {
    for (int i = 0; i < 10; ++i) {
      queue.Push(i);
      ++pushed;
    }
  });
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(queue.Pop(), i);
    EXPECT_LE(pushed, i + 4);  // two in the queue, one taken out, one about to be pushed
  }
}

TEST(BoundedQueueTest, CloseWakesProducersAndConsumers) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  full.Push(0);
  std::jthread producer([&] { EXPECT_FALSE(full.Push(1)); });
  std::jthread consumer([&] { EXPECT_FALSE(empty.Pop().has_value()); });
  full.Close();
  empty.Close();
}

TEST(BoundedQueueTest, ManyThreadsGetEachItemOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  BoundedQueue<int> queue(8);
  std::vector<std::atomic<int>> seen(std::size_t{kThreads} * kEach);
  {
    std::vector<std::jthread> consumers;
    for (int t = 0; t < kThreads; ++t) {
      consumers.emplace_back([&] {
        while (const auto item = queue.Pop()) {
          ++seen[static_cast<std::size_t>(*item)];
        }
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int t = 0; t < kThreads; ++t) {
        producers.emplace_back([&, t] {
          for (int i = 0; i < kEach; ++i) {
            queue.Push(t * kEach + i);
          }
        });
      }
    }
    queue.Close();
  }
  for (const std::atomic<int>& count : seen) {
    EXPECT_EQ(count, 1);
  }
}

TEST(BoundedQueueTest, AWaitCanBeLimited) {
  BoundedQueue<int> queue(2);
  EXPECT_EQ(queue.PopWithin(std::chrono::milliseconds(1)), std::nullopt);
  EXPECT_FALSE(queue.IsFinished());
  const std::jthread producer([&] { queue.Push(5); });
  EXPECT_EQ(queue.PopWithin(std::chrono::minutes(1)), 5);
  queue.Push(6);
  queue.Close();
  EXPECT_FALSE(queue.IsFinished()) << "an item is left";
  EXPECT_EQ(queue.PopWithin(std::chrono::minutes(1)), 6);
  EXPECT_TRUE(queue.IsFinished());
  EXPECT_EQ(queue.PopWithin(std::chrono::minutes(1)), std::nullopt);
}

}  // namespace
}  // namespace calotype
