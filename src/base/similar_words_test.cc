#include "base/similar_words.h"

#include <gtest/gtest.h>

#include <vector>

namespace calotype {
namespace {

TEST(EditDistanceTest, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("analyse", "analyze"), 1);
  EXPECT_EQ(EditDistance("searhc", "search"), 1) << "two adjacent bytes are swapped";
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
  EXPECT_EQ(EditDistance("ca", "abc"), 3) << "a swapped pair is not edited again";
}

TEST(DidYouMeanTest, NamesTheNearestFirst) {
  const std::vector<std::string> known = {"scan", "search", "show", "similar", "status", "stats", "statue"};
  EXPECT_EQ(DidYouMean("searhc", known), "did you mean 'search'?");
  EXPECT_EQ(DidYouMean("statut", known), "did you mean 'status', 'statue' or 'stats'?");
  EXPECT_EQ(DidYouMean("can", known), "did you mean 'scan'?");
  EXPECT_EQ(DidYouMean("cann", known), "") << "two edits are too many for a short word";
  EXPECT_EQ(DidYouMean("nonsense", known), "");
  EXPECT_EQ(DidYouMean("", known), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

}  // namespace
}  // namespace calotype
