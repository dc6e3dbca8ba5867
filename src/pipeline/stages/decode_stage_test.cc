#include "pipeline/stages/decode_stage.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/file_stamp.h"
#include "photo/made_tiff.h"
#include "photo/stopped.h"
#include "pipeline/fake_work_source.h"
#include "pipeline/stages/stage_test_util.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class DecodeStageTest : public ::testing::Test {
 protected:
  // A claim of the photo at `name`, which is written first.
  WorkItem Claim(PhotoId id, const std::string& name, std::vector<std::string> analyses = {"decode", "objects"}) const {
    const fs::path path = root_ / name;
    WritePhoto(path, 90);
    return {.photo = id,
            .sha256 = Sha256(*ReadFile(path)),
            .files = {{.path = path.string(), .stamp = *StampOfFile(path)}},
            .analyses = std::move(analyses)};
  }

  void Run(const WorkItem& item) { Run(item, tools_); }

  void Run(const WorkItem& item, const PhotoTools& tools) {
    ClaimedQueue input(1);
    input.Push(item);
    input.Close();
    LostRoots lost_roots({root_}, state_);
    DecodeStage({.tools = tools,
                 .source = source_,
                 .in_flight = nullptr,
                 .lost_roots = lost_roots,
                 .state = state_,
                 .input = input,
                 .to_analyse = to_analyse_,
                 .to_write = to_write_})
        .Run();
  }

  const StatusOr<TemporaryFolder> home_ = TemporaryFolder::Create();
  const fs::path root_ = home_->path() / "photos";
  const std::unique_ptr<PhotoReader> reader_ = CreatePhotoReader();
  const PhotoAnalysis analysis_ = ObjectsAnalysis();
  const PhotoTools tools_{.reader = *reader_, .analysis = analysis_};
  FakeWorkSource source_;
  ScanState state_{{}};
  LoadedQueue to_analyse_{4};
  FinishedQueue to_write_{4};
};

TEST_F(DecodeStageTest, ADecodedPhotoGoesToTheAnalyses) {
  Run(Claim(7, "a.jpg"));
  const std::optional<LoadedItem> item = to_analyse_.TryPop();
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->photo.result.id, 7);
  EXPECT_EQ(item->photo.decoded.full_width, 32);
  EXPECT_THAT(item->analyses, ElementsAre("objects"));
  EXPECT_EQ(item->path, root_ / "a.jpg");
  EXPECT_EQ(to_write_.size(), 0U);
}

TEST_F(DecodeStageTest, ABrokenPhotoIsAResult) {
  WorkItem item = Claim(7, "a.jpg");
  std::ofstream(item.files[0].path) << "not a photo";
  item.files[0].stamp = *StampOfFile(fs::path(item.files[0].path));
  Run(item);
  const std::optional<FinishedItem> finished = to_write_.TryPop();
  ASSERT_TRUE(finished.has_value());
  ASSERT_EQ(finished->result.outcomes.size(), 3U);
  EXPECT_EQ(finished->result.outcomes[0].state, AnalysisState::kFailed);
  EXPECT_EQ(finished->result.outcomes[1].state, AnalysisState::kSkipped);
  EXPECT_THAT(source_.given_back, IsEmpty());
}

TEST_F(DecodeStageTest, FactsAloneNeedNoPixels) {
  Run(Claim(7, "a.jpg", {"facts"}));
  const std::optional<FinishedItem> finished = to_write_.TryPop();
  ASSERT_TRUE(finished.has_value());
  EXPECT_TRUE(finished->result.facts.has_value());
  EXPECT_FALSE(finished->result.properties.has_value());
  EXPECT_EQ(finished->result.outcomes.size(), 1U);
}

TEST_F(DecodeStageTest, AChangedPhotoBecomesPendingAgain) {
  for (const char* const analysis : {"decode", "facts"}) {
    source_.given_back.clear();
    const WorkItem item = Claim(7, "a.jpg", {analysis});
    WritePhoto(item.files[0].path, 200);
    Run(item);
    EXPECT_THAT(source_.given_back, ElementsAre(Pair(7, HasSubstr("was changed since it was scanned"))));
  }
  EXPECT_EQ(to_analyse_.size() + to_write_.size(), 0U);
  EXPECT_THAT(FailuresOf(state_), IsEmpty());
}

TEST_F(DecodeStageTest, APhotoOnAnUnpluggedDiskBecomesPendingAgain) {
  const WorkItem item = Claim(7, "a.jpg");
  fs::remove_all(root_);
  Run(item);
  EXPECT_EQ(source_.given_back.size(), 1U);
  EXPECT_EQ(to_write_.size(), 0U);
  EXPECT_EQ(FailuresOf(state_).size(), 1U);
}

TEST_F(DecodeStageTest, ThePagesOfADocumentFollowEachOther) {
  const fs::path path = root_ / "scan.tif";
  fs::create_directories(root_);
  ASSERT_TRUE(WriteFileAtomically(path, MakeTiff({{.shade = 50}, {.is_broken = true}, {.shade = 250}, {}})).ok());
  std::vector<std::unique_ptr<Analyser>> analysers;
  analysers.push_back(std::make_unique<FakeAnalyser>("objects", std::vector<std::string_view>{}, FindOneObject));
  analysers.push_back(std::make_unique<FakeAnalyser>("text", std::vector<std::string_view>{}, ReadShade));
  const PhotoAnalysis analysis(std::move(analysers));
  const PhotoTools tools{.reader = *reader_, .analysis = analysis, .limits = {.max_pages = 3}};
  const WorkItem item{.photo = 7,
                      .sha256 = Sha256(*ReadFile(path)),
                      .files = {{.path = path.string(), .stamp = *StampOfFile(path)}},
                      .analyses = {"decode", "objects", "text"}};
  Run(item, tools);
  const std::optional<LoadedItem> first = to_analyse_.TryPop();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->page, 1);
  EXPECT_THAT(first->analyses, ElementsAre("objects", "text"));
  ASSERT_NE(first->document, nullptr);
  const std::optional<LoadedItem> third = to_analyse_.TryPop();
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->page, 3);
  EXPECT_EQ(third->photo.result.id, 7);
  EXPECT_THAT(third->analyses, ElementsAre("text"));
  EXPECT_EQ(third->document, first->document);
  EXPECT_EQ(to_analyse_.size(), 0U) << "the second page is broken, the fourth one too many";

  Run({.photo = 7, .sha256 = item.sha256, .files = item.files, .analyses = {"objects"}}, tools);
  EXPECT_EQ(to_analyse_.TryPop()->document, nullptr);
  EXPECT_EQ(to_analyse_.size(), 0U) << "objects are those of the first page";
}

TEST_F(DecodeStageTest, AStoppedScanStartsNothing) {
  state_.Supersede();
  Run(Claim(7, "a.jpg"));
  EXPECT_EQ(to_analyse_.size() + to_write_.size(), 0U);
  EXPECT_THAT(source_.given_back, IsEmpty()) << "closing the source returns it";
}

// Stops in the same way whatever it is asked for.
class StoppedReader final : public PhotoReader {
 public:
  explicit StoppedReader(Status failure) : failure_(std::move(failure)) {}

  PhotoFormat DetectFormat(int) const override { return PhotoFormat::kPng; }
  std::string ReadContentIdentifier(int) const override { return ""; }
  StatusOr<FactsAnswer> ReadFacts(const PhotoRequest&) const override {
    ++facts_reads;
    return FactsAnswer{.format = PhotoFormat::kPng, .facts = {.taken_at = "2024"}};
  }
  StatusOr<DecodeAnswer> Decode(const PhotoRequest&) const override { return failure_; }
  StatusOr<XmpChange> AddToSidecar(int, const XmpAdditions&) const override { return XmpChange{}; }

  mutable int facts_reads = 0;

 private:
  const Status failure_;
};

// Each kind of stop may take the whole of limits.decode_s, so it is not asked for twice.
TEST_F(DecodeStageTest, FactsAreNotReadAgainWhereReadingThemStoppedTheDecoder) {
  const Status stopped = absl::DeadlineExceededError("decoder stopped: no answer in PNG after 60 s (limits.decode_s)");
  for (const bool in_metadata : {false, true}) {
    SCOPED_TRACE(in_metadata);
    const StoppedReader reader(in_metadata ? StoppedBeforePixels(stopped) : stopped);
    Run(Claim(7, "a.jpg"), {.reader = reader, .analysis = analysis_});
    EXPECT_EQ(reader.facts_reads, in_metadata ? 0 : 1);
    const std::optional<FinishedItem> finished = to_write_.TryPop();
    ASSERT_TRUE(finished.has_value());
    const AnalysisOutcome& facts = finished->result.outcomes.back();
    EXPECT_EQ(facts.analysis, kFactsAnalysis);
    EXPECT_EQ(facts.state, in_metadata ? AnalysisState::kSkipped : AnalysisState::kDone);
    EXPECT_EQ(facts.reason, in_metadata ? Message(stopped) : "");
  }
}

}  // namespace
}  // namespace calotype
