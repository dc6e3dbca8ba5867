#include "pipeline/stages/analyse_stage.h"

#include "pipeline/stages/stage_test_util.h"

namespace calotype {
namespace {

LoadedItem Item(PhotoId id, std::vector<std::string> analyses) {
  LoadedItem item{.analyses = std::move(analyses), .path = std::to_string(id) + ".jpg"};
  item.photo.decoded = {.image = Image(8, 8), .full_width = 8, .full_height = 8};
  item.photo.result.id = id;
  item.photo.result.outcomes.push_back({.analysis = std::string(kDecodeAnalysis)});
  return item;
}

TEST(AnalyseStageTest, RunsWhatIsAskedForAndPassesTheResultOn) {
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  const PhotoAnalysis analysis = ObjectsAnalysis();
  const PhotoTools tools{.reader = *reader, .analysis = analysis};
  const ScanState state{{}};
  LoadedQueue input(2);
  FinishedQueue output(2);
  input.Push(Item(1, {"objects"}));
  input.Push(Item(2, {}));
  input.Close();
  AnalyseStage(tools, nullptr, state, input, output).Run();
  const std::optional<FinishedItem> first = output.TryPop();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->path, "1.jpg");
  EXPECT_EQ(first->result.id, 1);
  EXPECT_EQ(first->result.outcomes.size(), 2U);
  EXPECT_EQ(first->result.findings.objects->size(), 1U);
  const std::optional<FinishedItem> second = output.TryPop();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->result.outcomes.size(), 1U) << "nothing but decoding was pending";
}

TEST(AnalyseStageTest, AFailureIsPassedOn) {
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  const PhotoAnalysis analysis = ObjectsAnalysis(FailAlways);
  const PhotoTools tools{.reader = *reader, .analysis = analysis};
  const ScanState state{{}};
  LoadedQueue input(1);
  FinishedQueue output(1);
  input.Push(Item(1, {"objects"}));
  input.Close();
  AnalyseStage(tools, nullptr, state, input, output).Run();
  EXPECT_EQ(output.TryPop()->result.outcomes.back().state, AnalysisState::kFailed);
}

}  // namespace
}  // namespace calotype
