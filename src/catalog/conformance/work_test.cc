#include <fmt/format.h>

#include <cmath>
#include <ctime>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<AnalysisVersion> kRequired = {{"decode", "d1"}, {"objects", "v1"}};
const std::vector<std::string> kNames = {"decode", "objects"};

class CatalogWorkTest : public CatalogTest {
 protected:
  PhotoResult ObjectsResult(PhotoId id) {
    PhotoResult result;
    result.id = id;
    result.findings.objects.emplace();
    result.outcomes = {Done("objects")};
    return result;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogWorkTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogWorkTest, RequireMakesOneRowForEachPresentPhoto) {
  Add("/a.jpg", "a");
  Add("/gone.jpg", "gone");
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/gone.jpg"}));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  EXPECT_EQ(CountsOf("objects").pending, 1);
  EXPECT_EQ(CountsOf("decode").pending, 1);
}

TEST_P(CatalogWorkTest, FilesBookedAfterRequireArePendingToo) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId photo = Add("/a.jpg", "a");
  const auto claimed = Claim(kNames, 10);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_EQ(claimed[0].photo, photo);
  ASSERT_THAT(claimed[0].files, SizeIs(1));
  EXPECT_EQ(claimed[0].files[0].path, "/a.jpg");
  EXPECT_EQ(claimed[0].files[0].stamp, StampOf(100));
  EXPECT_EQ(claimed[0].sha256, DigestOf("a"));
  EXPECT_THAT(claimed[0].analyses, ElementsAre("decode", "objects"));
}

TEST_P(CatalogWorkTest, MissingPhotoThatComesBackGetsWhatItLacks) {
  Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a.jpg"}));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  EXPECT_THAT(Claim(kNames, 10), IsEmpty());
  Add("/b.jpg", "a");
  EXPECT_THAT(Claim(kNames, 10), SizeIs(1));
}

TEST_P(CatalogWorkTest, ClaimTakesTheOldestOnce) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  for (const char* path : {"/a", "/b", "/c", "/d", "/e"}) {
    Add(path, path);
  }
  EXPECT_THAT(Claim(kNames, 0), IsEmpty());
  const auto first = Claim(kNames, 2);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(first[0].files[0].path, "/a");
  EXPECT_EQ(first[1].files[0].path, "/b");
  EXPECT_THAT(Claim(kNames, 10), SizeIs(3));
  EXPECT_THAT(Claim(kNames, 10), IsEmpty());
  EXPECT_EQ(CountsOf("objects").running, 5);
}

TEST_P(CatalogWorkTest, ClaimKeepsToTheNamesAsked) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  Add("/a", "a");
  const auto claimed = Claim(std::vector<std::string>{"objects", "unknown"}, 10);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_THAT(claimed[0].analyses, ElementsAre("objects"));
  EXPECT_EQ(CountsOf("decode").pending, 1);
}

TEST_P(CatalogWorkTest, PhotosOfADeadOwnerAreTakenAtOnce) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId done = Add("/a", "a");
  const PhotoId left = Add("/b", "b");
  WorkSource& dead = NewSource(DeadOwner());
  EXPECT_THAT(Value(dead.Next(kNames, 10)), SizeIs(2));
  PhotoResult result = ObjectsResult(done);
  result.outcomes.push_back(Done(kDecodeAnalysis));
  result.outcomes.back().version = "d1";
  EXPECT_THAT(Value(dead.Ack(std::vector{result})), IsEmpty());
  const auto again = Claim(kNames, 10);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].photo, left);
  EXPECT_THAT(again[0].analyses, ElementsAre("decode", "objects"));
}

TEST_P(CatalogWorkTest, AnotherVersionIsPendingAndEarlierFindingsStay) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId photo = Add("/a", "a");
  PhotoResult result = ObjectsResult(photo);
  result.findings.objects->push_back({.label = "dog", .score = 0.5F, .box = {}});
  CALOTYPE_ASSERT_OK(StoreOne(result));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  EXPECT_EQ(CountsOf("objects").done, 1);

  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{"objects", "v2"}}));
  EXPECT_EQ(CountsOf("objects").pending, 1);
  const PhotoRecord record = Value(catalog().GetPhoto(photo));
  ASSERT_TRUE(record.findings.objects.has_value());
  EXPECT_THAT(*record.findings.objects, SizeIs(1));
}

TEST_P(CatalogWorkTest, RetryTakesFailedAndWhatWasSkippedForThem) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  PhotoResult broken;
  broken.id = Add("/broken.jpg", "broken");
  broken.outcomes = {Failed("decode", "cut short"), Failed("objects", "not decoded")};
  broken.outcomes[1].state = AnalysisState::kSkipped;
  broken.outcomes[0].version = "d1";
  CALOTYPE_ASSERT_OK(StoreOne(broken));
  const CatalogStatus status = Value(catalog().GetStatus());
  ASSERT_THAT(status.failures, SizeIs(1));
  EXPECT_EQ(status.failures[0].analysis, "decode");
  EXPECT_EQ(status.failures[0].reason, "cut short");
  EXPECT_THAT(status.failures[0].examples, ElementsAre("/broken.jpg"));

  EXPECT_EQ(Value(catalog().RetryFailed({})), 1);
  EXPECT_EQ(Value(catalog().RetryFailed({})), 0);
  const auto claimed = Claim(kNames, 10);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_THAT(claimed[0].analyses, ElementsAre("decode", "objects"));
}

TEST_P(CatalogWorkTest, NewPhotosComeBeforeOthersAndTheAskedForFirst) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId old = Add("/old", "old");
  CALOTYPE_ASSERT_OK(StoreOne(ObjectsResult(old)));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{"objects", "v2"}}));
  const PhotoId fresh = Add("/new", "new");
  const PhotoId asked = Add("/asked", "asked");
  CALOTYPE_ASSERT_OK(catalog().Prioritise(asked));
  const std::vector<std::string> names = {"objects"};
  EXPECT_EQ(Claim(names, 1)[0].photo, asked);
  EXPECT_EQ(Claim(names, 1)[0].photo, fresh);
  EXPECT_EQ(Claim(names, 1)[0].photo, old);
}

TEST_P(CatalogWorkTest, RetryTakesOneReasonOrOnePhoto) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  std::vector<PhotoResult> results(3);
  for (int i = 0; i < 3; ++i) {
    results[i].id = Add(fmt::format("/{}", i), fmt::format("{}", i));
    results[i].outcomes = {Failed("objects", i == 0 ? "Out of memory" : "no such model")};
  }
  CALOTYPE_ASSERT_OK(catalog().Store(results));
  EXPECT_EQ(Value(catalog().RetryFailed({.reason = "no memory at all"})), 0);
  EXPECT_EQ(Value(catalog().RetryFailed({.reason = "MEMORY"})), 1);
  EXPECT_EQ(Value(catalog().RetryFailed({.photo = results[1].id})), 1);
  EXPECT_EQ(CountsOf("objects").failed, 1);
  EXPECT_EQ(Value(catalog().RetryFailed({})), 1);
}

TEST_P(CatalogWorkTest, ARetryableFailureHasATimeAndIsNotRetriedBefore) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  PhotoResult result;
  result.id = Add("/a", "a");
  result.outcomes = {Failed("objects", "the device is busy")};
  result.outcomes[0].retryable = true;
  ASSERT_THAT(Claim({"objects"}, 1), SizeIs(1));
  EXPECT_THAT(Ack(std::vector{result}), IsEmpty());
  const int64_t next = Value(catalog().GetStatus()).failures[0].next_try;
  EXPECT_NEAR(static_cast<double>(next - time(nullptr)), 60, 2);
  EXPECT_EQ(Value(catalog().RetryFailed({.due = true})), 0);
  EXPECT_EQ(Value(catalog().RetryFailed({})), 1);
}

TEST_P(CatalogWorkTest, APhotoInWorkDuringKillsComesLastThenIsSetAside) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId suspect = Add("/suspect", "suspect");
  const PhotoId other = Add("/other", "other");
  const std::vector<std::string> names = {"objects"};
  const auto killed = [&](const WorkOwner&) { return std::vector<Casualty>{{.photo = suspect, .crashed = false}}; };
  for (int kill = 0; kill < 5; ++kill) {
    const auto claimed = Value(NewSource(DeadOwner(), killed).Next(names, 10));
    ASSERT_THAT(claimed, SizeIs(2));
    EXPECT_EQ(claimed[0].photo, kill == 0 ? suspect : other);
  }
  EXPECT_THAT(Value(NewSource(NewWorkOwner(), killed).Next(names, 10)), SizeIs(1));
  EXPECT_THAT(Value(catalog().GetStatus()).failures[0].reason, testing::HasSubstr("killed 5 times in a row"));
}

TEST_P(CatalogWorkTest, APhotoThatCrashesTwoProcessesIsSetAside) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId guilty = Add("/guilty", "guilty");
  const std::vector<std::string> names = {"objects"};
  const auto crashed = [&](const WorkOwner&) { return std::vector<Casualty>{{.photo = guilty, .crashed = true}}; };
  EXPECT_THAT(Value(NewSource(DeadOwner(), crashed).Next(names, 10)), SizeIs(1));
  EXPECT_THAT(Value(NewSource(DeadOwner(), crashed).Next(names, 10)), SizeIs(1));
  EXPECT_THAT(Value(NewSource(DeadOwner(), crashed).Next(names, 10)), IsEmpty());
  EXPECT_THAT(Value(catalog().GetStatus()).failures[0].reason, testing::HasSubstr("crashed 2 times"));
}

TEST_P(CatalogWorkTest, OnlyPhotosThatTheDeadOwnerHeldAreBlamed) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId held = Add("/held", "held");
  const PhotoId other = Add("/other", "other");
  const std::vector<std::string> names = {"objects"};
  WorkSource& alive = NewSource();
  ASSERT_EQ(Value(alive.Next(names, 1))[0].photo, held);
  const auto crashed = [&](const WorkOwner&) {
    return std::vector<Casualty>{{.photo = held, .crashed = true}, {.photo = other, .crashed = true}};
  };
  for (int crash = 0; crash < 3; ++crash) {
    NewSource(DeadOwner(), crashed);
  }
  EXPECT_THAT(Value(NewSource(NewWorkOwner(), crashed).Next(names, 10)), SizeIs(1));
  EXPECT_EQ(CountsOf("objects").failed, 0);
}

TEST_P(CatalogWorkTest, StatusCountsEveryState) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId done = Add("/1", "1");
  PhotoResult failed;
  failed.id = Add("/2", "2");
  failed.outcomes = {Failed("objects", "no")};
  CALOTYPE_ASSERT_OK(catalog().Store(std::vector{ObjectsResult(done), failed}));
  Add("/3", "3");
  Claim(std::vector<std::string>{"objects"}, 1);
  Add("/4", "4");
  const StateCounts counts = CountsOf("objects");
  EXPECT_EQ(counts.done, 1);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(counts.running, 1);
  EXPECT_EQ(counts.pending, 1);
  EXPECT_EQ(counts.skipped, 0);
}

TEST(AnalysisStateNameTest, NamesEachState) {
  EXPECT_EQ(AnalysisStateName(AnalysisState::kPending), "pending");
  EXPECT_EQ(AnalysisStateName(AnalysisState::kRunning), "running");
  EXPECT_EQ(AnalysisStateName(AnalysisState::kDone), "done");
  EXPECT_EQ(AnalysisStateName(AnalysisState::kFailed), "failed");
  EXPECT_EQ(AnalysisStateName(AnalysisState::kSkipped), "skipped");
}

// The numbers are stored in files: this test fails when someone renumbers them.
TEST(AnalysisStateNameTest, StoredNumbersNeverChange) {
  EXPECT_EQ(static_cast<int>(AnalysisState::kPending), 0);
  EXPECT_EQ(static_cast<int>(AnalysisState::kRunning), 1);
  EXPECT_EQ(static_cast<int>(AnalysisState::kDone), 2);
  EXPECT_EQ(static_cast<int>(AnalysisState::kFailed), 3);
  EXPECT_EQ(static_cast<int>(AnalysisState::kSkipped), 4);
}

}  // namespace
}  // namespace calotype
