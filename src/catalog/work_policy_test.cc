#include "catalog/work_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000;

TEST(WorkPolicyTest, RetriesAreFourTimesAsFarApartEachTimeAndEnd) {
  AnalysisOutcome outcome{.analysis = "objects", .state = AnalysisState::kFailed, .retryable = true};
  EXPECT_EQ(RetryTime(outcome, 1, kNow), kNow + 60);
  EXPECT_EQ(RetryTime(outcome, 2, kNow), kNow + 240);
  EXPECT_EQ(RetryTime(outcome, 5, kNow), kNow + 15'360);
  EXPECT_EQ(RetryTime(outcome, 6, kNow), 0);
  outcome.retryable = false;
  EXPECT_EQ(RetryTime(outcome, 1, kNow), 0);
  outcome = {.analysis = "objects", .state = AnalysisState::kDone, .retryable = true};
  EXPECT_EQ(RetryTime(outcome, 1, kNow), 0);
}

TEST(WorkPolicyTest, WantedVersionsThatAreThereNeedNoWork) {
  EXPECT_EQ(StateWhenWanted(false, false), (WorkState{AnalysisState::kPending, WorkPriority::kNew}));
  EXPECT_EQ(StateWhenWanted(true, false), (WorkState{AnalysisState::kPending, WorkPriority::kReplace}));
  EXPECT_EQ(StateWhenWanted(true, true).state, AnalysisState::kDone);
}

TEST(WorkPolicyTest, TwoCrashesOrFiveKillsSetAPhotoAside) {
  DeathCount deaths;
  for (int kill = 1; kill <= 5; ++kill) {
    const DeathVerdict verdict = JudgeDeath(deaths, /*crashed=*/false);
    EXPECT_EQ(verdict.state, kill < 5 ? AnalysisState::kPending : AnalysisState::kFailed) << kill;
    EXPECT_TRUE(verdict.is_suspect);
    deaths = verdict.deaths;
  }
  EXPECT_EQ(JudgeDeath({}, /*crashed=*/true).state, AnalysisState::kPending);
  EXPECT_FALSE(JudgeDeath({}, /*crashed=*/true).is_suspect);
  const DeathVerdict second = JudgeDeath({.crashes = 1, .kills = 4}, /*crashed=*/true);
  EXPECT_EQ(second.state, AnalysisState::kFailed);
  EXPECT_THAT(second.reason, HasSubstr("crashed 2 times"));
}

TEST(WorkPolicyTest, AFilterSelectsByReasonPhotoAndTime) {
  const FailedAnalysis failed{.photo = 7, .reason = "Out of memory", .retry_at = kNow + 5, .updated_at = kNow - 9};
  EXPECT_TRUE(Selects({}, failed, kNow));
  EXPECT_TRUE(Selects({.reason = "MEMORY"}, failed, kNow));
  EXPECT_FALSE(Selects({.reason = "no memory"}, failed, kNow));
  EXPECT_TRUE(Selects({.photo = 7}, failed, kNow));
  EXPECT_FALSE(Selects({.photo = 8}, failed, kNow));
  EXPECT_FALSE(Selects({.due = true}, failed, kNow));
  EXPECT_TRUE(Selects({.due = true}, failed, kNow + 5));
  EXPECT_TRUE(Selects({.due = true}, failed, kNow - 10)) << "the clock was set back";
  EXPECT_FALSE(Selects({.due = true}, {.photo = 7, .retry_at = 0, .updated_at = kNow}, kNow)) << "never by itself";
}

}  // namespace
}  // namespace calotype
