#include "pipeline/stages/analyse_stage.h"

#include <thread>

#include "base/file_stamp.h"
#include "photo/made_tiff.h"
#include "pipeline/fake_work_source.h"
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
  AnalyseStage(tools, nullptr, state, nullptr, input, output).Run();
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
  AnalyseStage(tools, nullptr, state, nullptr, input, output).Run();
  EXPECT_EQ(output.TryPop()->result.outcomes.back().state, AnalysisState::kFailed);
}

// With one place between the stages, a thread that passed the pages on instead of analysing them would wait forever.
TEST(AnalyseStageTest, AThreadWithoutADecodedPhotoDecodesADocumentItself) {
  const StatusOr<TemporaryFolder> home = TemporaryFolder::Create();
  const std::filesystem::path path = home->path() / "scan.tif";
  ASSERT_TRUE(WriteFileAtomically(path, MakeTiff({{.shade = 50}, {.shade = 100}, {.shade = 150}, {}})).ok());
  std::vector<std::unique_ptr<Analyser>> analysers;
  analysers.push_back(std::make_unique<FakeAnalyser>("text", std::vector<std::string_view>{}, ReadShade));
  const PhotoAnalysis analysis(std::move(analysers));
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  const PhotoTools tools{.reader = *reader, .analysis = analysis};
  ScanState state{{}};
  FakeWorkSource source;
  LostRoots lost_roots({home->path()}, state);
  ClaimedQueue claimed(1);
  LoadedQueue loaded(1);
  FinishedQueue finished(1);
  claimed.Push({.photo = 7,
                .sha256 = Sha256(*ReadFile(path)),
                .files = {{.path = path.string(), .stamp = *StampOfFile(path)}},
                .analyses = {"decode", "text"}});
  claimed.Close();
  DecodeStage decode({.tools = tools,
                      .source = source,
                      .in_flight = nullptr,
                      .lost_roots = lost_roots,
                      .state = state,
                      .input = claimed,
                      .to_analyse = loaded,
                      .to_write = finished});
  AnalyseStage analyse(tools, nullptr, state, &decode, loaded, finished);
  std::jthread thread([&] { analyse.Run(); });
  const std::optional<FinishedItem> item = finished.Pop();
  loaded.Close();
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->result.id, 7);
  EXPECT_EQ(item->path, path);
  EXPECT_EQ(item->result.findings.text->size(), 4U) << "one line of each page";
}

}  // namespace
}  // namespace calotype
