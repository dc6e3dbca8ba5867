#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace calotype {
namespace {

// A process whose resident memory the test sets.
class MemoryBudgetTest : public ::testing::Test {
 protected:
  MemorySettings Settings(int64_t limit) {
    return {.limit = limit,
            .make_room =
                [this](int64_t bytes) {
                  asked_ += bytes;
                  resident_ -= std::min(bytes, can_give_);
                },
            .resident = [this] { return resident_.load(); }};
  }
  std::atomic<int64_t> resident_{0};
  int64_t asked_ = 0;
  int64_t can_give_ = 0;
};

TEST_F(MemoryBudgetTest, WithoutALimitNobodyWaits) {
  MemoryBudget budget(Settings(0));
  MemoryBudget::Claim a = budget.Take(1'000'000'000'000);
  MemoryBudget::Claim b = budget.Take(1'000'000'000'000);
  EXPECT_TRUE(a.GrowTo(2'000'000'000'000));
  EXPECT_EQ(b.bytes(), 0);
}

TEST_F(MemoryBudgetTest, AClaimThatDoesNotFitWaits) {
  MemoryBudget budget(Settings(100));
  resident_ = 30;
  std::atomic<bool> granted = false;
  MemoryBudget::Claim first = budget.Take(60);
  std::jthread second([&] {
    const MemoryBudget::Claim claim = budget.Take(20);
    granted = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(granted);
  first.ShrinkTo(50);
  second.join();
  EXPECT_TRUE(granted);
}

TEST_F(MemoryBudgetTest, MemoryThatWillBeNeededOutsideCountsAtOnce) {
  MemorySettings settings = Settings(100);
  settings.least_outside = 50;
  MemoryBudget budget(settings);
  resident_ = 20;
  MemoryBudget::Claim claim = budget.Take(30);
  EXPECT_FALSE(claim.GrowTo(60)) << "50 + 60";
  EXPECT_TRUE(claim.GrowTo(50)) << "50 + 50";
}

TEST_F(MemoryBudgetTest, MemoryOutsideClaimsCounts) {
  MemoryBudget budget(Settings(100));
  resident_ = 20;
  MemoryBudget::Claim claim = budget.Take(30);
  EXPECT_TRUE(claim.GrowTo(80)) << "20 + 80";
  claim.ShrinkTo(10);
  resident_ = 95;  // models were loaded, and the claim is used up
  EXPECT_FALSE(claim.GrowTo(20)) << "85 outside the claim";
  EXPECT_TRUE(claim.GrowTo(15));
  resident_ = 30;  // the highest measurement outside claims counts until there are no claims
  EXPECT_FALSE(claim.GrowTo(20));
  claim.ShrinkTo(0);
  EXPECT_TRUE(claim.GrowTo(70));
}

TEST_F(MemoryBudgetTest, AnOnlyClaimIsGrantedAndMakesRoom) {
  MemoryBudget budget(Settings(100));
  resident_ = 80;
  can_give_ = 1000;
  MemoryBudget::Claim claim = budget.Take(60);
  EXPECT_EQ(asked_, 40);
  EXPECT_FALSE(claim.GrowTo(61));
  claim.ShrinkTo(0);
  can_give_ = 0;
  resident_ = 80;
  claim = budget.Take(60);
  EXPECT_EQ(asked_, 80) << "granted although nothing could be given back";
}

TEST_F(MemoryBudgetTest, WhoMakesRoomMayUseTheBudget) {
  MemorySettings settings = Settings(100);
  MemoryBudget* used = nullptr;
  int64_t limit = 0;
  MemoryBudget::Claim held;
  bool grown = true;
  settings.make_room = [&](int64_t /*bytes*/) {
    limit = used->limit();
    grown = held.GrowTo(1);  // would wait for ever if the budget were locked
  };
  MemoryBudget budget(settings);
  used = &budget;
  held = budget.Take(0);
  resident_ = 80;
  const MemoryBudget::Claim claim = budget.Take(60);
  EXPECT_EQ(limit, 100);
  EXPECT_FALSE(grown) << "the turn is another thread's";
}

TEST_F(MemoryBudgetTest, SmallClaimsDoNotOvertakeALargeOne) {
  constexpr int64_t kMany = 1'000'000;
  MemoryBudget budget(Settings(100 * kMany));
  MemoryBudget::Claim first = budget.Take(50 * kMany);
  std::atomic<int> order = 0;
  int large_came = 0;
  int small_came = 0;
  std::jthread large([&] {
    const MemoryBudget::Claim claim = budget.Take(80 * kMany);
    large_came = ++order;
  });
  while (first.GrowTo(first.bytes() + 1)) {  // until a thread waits
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::jthread small([&] {
    const MemoryBudget::Claim claim = budget.Take(30 * kMany);  // cannot be held with the large one
    small_came = ++order;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(order, 0) << "the small one would fit";
  first.ShrinkTo(0);
  large.join();
  small.join();
  EXPECT_EQ(large_came, 1);
  EXPECT_EQ(small_came, 2);
}

TEST_F(MemoryBudgetTest, ManyThreadsStayWithinTheLimit) {
  constexpr int64_t kLimit = 1000;
  MemoryBudget budget(Settings(kLimit));
  std::atomic<int64_t> held = 0;
  std::atomic<int64_t> most = 0;
  std::vector<std::jthread> threads;
  for (unsigned seed = 0; seed < 6; ++seed) {
    threads.emplace_back([&, seed] {
      std::minstd_rand random(seed + 1);
      for (int i = 0; i < 200; ++i) {
        const auto bytes = static_cast<int64_t>(random() % kLimit) + 1;
        MemoryBudget::Claim claim = budget.Take(bytes);
        const int64_t now = held += bytes;
        most = std::max(most.load(), now);
        std::this_thread::yield();
        held -= bytes;
        claim.ShrinkTo(bytes / 2);
      }
    });
  }
  threads.clear();
  EXPECT_GT(most, 0);
  EXPECT_LE(most, kLimit);
}

TEST(Memory, ResidentBytesGrowWithAllocations) {
  const int64_t before = ResidentBytes();
  constexpr std::size_t kBytes = 64'000'000;
  const std::vector<char> block(kBytes, 1);
  EXPECT_GT(ResidentBytes(), before + static_cast<int64_t>(kBytes / 2));
  EXPECT_EQ(block.back(), 1);
}

}  // namespace
}  // namespace calotype
