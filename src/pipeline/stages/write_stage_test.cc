#include "pipeline/stages/write_stage.h"

#include <gmock/gmock.h>

#include "pipeline/fake_work_source.h"
#include "pipeline/stages/stage_test_util.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FinishedItem Item(PhotoId id, AnalysisState state = AnalysisState::kDone) {
  FinishedItem item{.path = std::to_string(id) + ".jpg"};
  item.result.id = id;
  item.result.outcomes.push_back({.analysis = "objects", .state = state, .reason = "it broke", .device = "fake"});
  return item;
}

class WriteStageTest : public ::testing::Test {
 protected:
  void RunStage() {
    input_.Close();
    WriteStage(source_, state_, input_).Run();
  }

  FakeWorkSource source_;
  ScanState state_{{}};
  FinishedQueue input_{100};
};

TEST_F(WriteStageTest, StoresResultsInOrderAndReportsFailures) {
  for (PhotoId id = 1; id <= 40; ++id) {
    input_.Push(Item(id, id == 2 ? AnalysisState::kFailed : AnalysisState::kDone));
  }
  RunStage();
  EXPECT_EQ(source_.acknowledged.size(), 40U);
  EXPECT_TRUE(std::ranges::is_sorted(source_.acknowledged));
  EXPECT_EQ(state_.Progress().analysed, 39);
  EXPECT_EQ(state_.Progress().failed, 1);
  EXPECT_THAT(FailuresOf(state_), ElementsAre("objects 2.jpg: it broke"));
}

TEST_F(WriteStageTest, ResultsOfLostPhotosAreNotCounted) {
  source_.lost = {1};
  input_.Push(Item(1, AnalysisState::kFailed));
  input_.Push(Item(2));
  RunStage();
  EXPECT_THAT(source_.acknowledged, ElementsAre(2));
  EXPECT_EQ(state_.Progress().analysed, 1);
  EXPECT_EQ(state_.Progress().failed, 0);
  EXPECT_THAT(FailuresOf(state_), IsEmpty());
}

TEST_F(WriteStageTest, AnErrorOfTheCatalogueEndsTheScan) {
  source_.error = absl::ResourceExhaustedError("disk full");
  input_.Push(Item(1));
  RunStage();
  EXPECT_TRUE(state_.Stopping());
  EXPECT_EQ(Message(state_.error()), "disk full");
  EXPECT_EQ(state_.Progress().analysed, 0);
}

}  // namespace
}  // namespace calotype
