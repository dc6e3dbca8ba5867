#include "inference/placement/batch_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>

namespace calotype {
namespace {

// How often each number of rows was chosen in 200 choices, when a run of n rows takes fixed + n * each seconds.
std::map<int64_t, int> Choices(BatchRows& rows, int64_t waiting, double fixed, double each) {
  std::map<int64_t, int> chosen;
  for (int i = 0; i < 200; ++i) {
    const int64_t count = rows.Choose(waiting);
    ++chosen[count];
    rows.Record(count, fixed + each * static_cast<double>(count));
  }
  return chosen;
}

int64_t MostUsed(const std::map<int64_t, int>& chosen) {
  return std::ranges::max_element(chosen, {}, [](const auto& entry) { return entry.second; })->first;
}

TEST(BatchRowsTest, PrefersManyRowsWhereTheyTakeLessTimeEach) {
  BatchRows rows(8);
  const auto chosen = Choices(rows, 8, 1, 0.1);
  EXPECT_EQ(MostUsed(chosen), 8);
  EXPECT_GE(chosen.at(8), 170);
  EXPECT_TRUE(chosen.contains(1)) << "the others are tried, too";
}

TEST(BatchRowsTest, PrefersSingleRowsWhereNothingIsGained) {
  BatchRows rows(8);
  EXPECT_EQ(MostUsed(Choices(rows, 8, 0, 1)), 1);
}

TEST(BatchRowsTest, NeverMoreThanWait) {
  BatchRows rows(16);
  EXPECT_EQ(rows.Choose(1), 1);
  const auto chosen = Choices(rows, 7, 1, 0.1);
  EXPECT_LE(chosen.rbegin()->first, 7);
  EXPECT_EQ(MostUsed(chosen), 4);
}

TEST(BatchRowsTest, NeverMoreThanTheMost) {
  BatchRows rows(2);
  EXPECT_LE(Choices(rows, 100, 1, 0.1).rbegin()->first, 2);
  BatchRows single(1);
  EXPECT_EQ(Choices(single, 100, 1, 0.1).rbegin()->first, 1);
}

TEST(BatchRowsTest, NoticesAChange) {
  BatchRows rows(4);
  EXPECT_EQ(MostUsed(Choices(rows, 4, 0, 1)), 1);
  Choices(rows, 4, 10, 0.1);
  Choices(rows, 4, 10, 0.1);
  EXPECT_EQ(MostUsed(Choices(rows, 4, 10, 0.1)), 4);
}

TEST(BatchRowsTest, SlowFirstRunsDoNotCount) {
  BatchRows rows(2);
  for (int i = 0; i < 20; ++i) {
    const int64_t count = rows.Choose(2);
    rows.Record(count, i < 8 && count == 2 && i == 4 ? 1000 : 1);
  }
  EXPECT_EQ(rows.Choose(2), 2);
}

}  // namespace
}  // namespace calotype
