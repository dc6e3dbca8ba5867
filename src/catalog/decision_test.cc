#include "catalog/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DecisionTest, FaceStatesAreReadAsTheyWereWritten) {
  const FaceState state = ParseFaceState(FormatFaceState({.person = 1234567890123, .decided = 2}));
  EXPECT_EQ(state.person, 1234567890123);
  EXPECT_EQ(state.decided, 2);
}

TEST(DecisionTest, ADifferenceHasWhatChangedCameAndWent) {
  const DecidedKey same = {.kind = DecidedKind::kName, .id = 1};
  const DecidedKey changed = {.kind = DecidedKind::kName, .id = 2};
  const DecidedKey came = {.kind = DecidedKind::kMerged, .id = 3};
  const DecidedKey went = {.kind = DecidedKind::kPerson, .id = 3};
  const auto changes = Difference({{same, "Ada"}, {changed, "Bob"}, {went, "1700000000"}},
                                  {{same, "Ada"}, {changed, "Eve"}, {came, "1"}});
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_TRUE(changes[0].key == went && changes[0].before == "1700000000" && !changes[0].after.has_value());
  EXPECT_TRUE(changes[1].key == changed && changes[1].before == "Bob" && changes[1].after == "Eve");
  EXPECT_TRUE(changes[2].key == came && !changes[2].before.has_value() && changes[2].after == "1");
  EXPECT_THAT(Difference({{same, "Ada"}}, {{same, "Ada"}}), IsEmpty());
}

TEST(DecisionTest, ADecisionConcernsEverybodyInItsChanges) {
  const std::vector<DecidedChange> changes = {
      {.key = {.kind = DecidedKind::kName, .id = 1}, .before = "Ada", .after = std::nullopt},
      {.key = {.kind = DecidedKind::kMerged, .id = 2}, .before = "3", .after = "4"},
      {.key = {.kind = DecidedKind::kFace, .id = 100}, .before = "5 1", .after = "6 1"},
      {.key = {.kind = DecidedKind::kFace, .id = 101}, .before = "0 0", .after = "6 1"},
      {.key = {.kind = DecidedKind::kExcluded, .id = 102, .other = 7}, .before = std::nullopt, .after = "1"},
      {.key = {.kind = DecidedKind::kForgotten, .id = 103}, .before = "1", .after = std::nullopt},
  };
  EXPECT_THAT(PeopleIn(changes), ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST(DecisionTest, ClusteringDoesNotStandInTheWay) {
  const DecidedChange rejected = {
      .key = {.kind = DecidedKind::kFace, .id = 1}, .before = "5 1", .after = FormatFaceState({})};
  EXPECT_TRUE(StillHolds(rejected, "0 0"));
  EXPECT_TRUE(StillHolds(rejected, "8 0")) << "clustering assigned it to person 8";
  EXPECT_FALSE(StillHolds(rejected, "8 1")) << "a user did";
  EXPECT_FALSE(StillHolds(rejected, "8 2")) << "a name in the photo did";
  const DecidedChange confirmed = {.key = {.kind = DecidedKind::kFace, .id = 1}, .before = "0 0", .after = "5 1"};
  EXPECT_FALSE(StillHolds(confirmed, "5 0"));
  const DecidedChange named = {.key = {.kind = DecidedKind::kName, .id = 5}, .before = std::nullopt, .after = "Ada"};
  EXPECT_TRUE(StillHolds(named, "Ada"));
  EXPECT_FALSE(StillHolds(named, std::nullopt));
}

TEST(DecisionTest, TextsSayWhatWasDecided) {
  EXPECT_EQ(DescribeDecision(DecisionKind::kMerge, {.person = 1, .name = "Ada", .count = 3}),
            "Merged 3 people into Ada");
  EXPECT_EQ(DescribeDecision(DecisionKind::kMerge, {.person = 1, .count = 1}), "Merged 1 person into person 1");
  EXPECT_EQ(DescribeDecision(DecisionKind::kName, {.person = 4, .new_name = "Ada"}), "Named person 4 Ada");
  EXPECT_EQ(DescribeDecision(DecisionKind::kName, {.person = 4, .name = "Ada", .new_name = "Eve"}),
            "Renamed Ada to Eve");
  EXPECT_EQ(DescribeDecision(DecisionKind::kName, {.person = 4, .name = "Ada"}), "Removed the name Ada");
  EXPECT_EQ(DescribeDecision(DecisionKind::kSplit, {.person = 9, .count = 2}),
            "Moved 2 faces to a new person, person 9");
  EXPECT_EQ(DescribeDecision(DecisionKind::kReject, {.person = 9, .name = "Ada", .count = 1}),
            "Rejected 1 face as Ada");
}

}  // namespace
}  // namespace calotype
