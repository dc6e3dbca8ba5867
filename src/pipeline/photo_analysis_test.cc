#include "pipeline/photo_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "pipeline/fake_analysers.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::unique_ptr<PhotoAnalysis> Make(FakeAnalyser::Act detect, FakeAnalyser::Act objects = FindOneObject) {
  std::vector<std::unique_ptr<Analyser>> analysers;
  analysers.push_back(std::make_unique<FakeAnalyser>("objects", std::vector<std::string_view>{}, std::move(objects)));
  analysers.push_back(
      std::make_unique<FakeAnalyser>("faces.detect", std::vector<std::string_view>{}, std::move(detect)));
  analysers.push_back(
      std::make_unique<FakeAnalyser>("faces.recognise", std::vector<std::string_view>{"faces.detect"}, RecogniseFaces));
  return std::make_unique<PhotoAnalysis>(std::move(analysers));
}

DecodedPhoto Photo() {
  DecodedPhoto photo{.image = Image(8, 8), .full_width = 16, .full_height = 16};
  std::fill(photo.image.pixels().begin(), photo.image.pixels().end(), uint8_t{0});
  return photo;
}

PhotoResult RunAll(const PhotoAnalysis& analysis) {
  PhotoResult result;
  const std::vector<std::string> all = {"decode"};
  analysis.Run(Photo(), analysis.Closure(all), result);
  return result;
}

TEST(PhotoAnalysisTest, RunsAllInOrder) {
  const PhotoResult result = RunAll(*Make(FindOneFace));
  ASSERT_EQ(result.outcomes.size(), 3U);
  for (const AnalysisOutcome& outcome : result.outcomes) {
    EXPECT_EQ(outcome.state, AnalysisState::kDone);
    EXPECT_EQ(outcome.device, "fake");
  }
  EXPECT_EQ(result.findings.objects->front().box.width, 16);
  EXPECT_THAT(result.findings.faces->front().embedding, ElementsAre(1, 0));
}

TEST(PhotoAnalysisTest, WhatNeedsAFailedOneIsSkippedTheRestGoesOn) {
  const PhotoResult result = RunAll(*Make(FailAlways));
  EXPECT_EQ(result.outcomes[0].state, AnalysisState::kDone);
  EXPECT_EQ(result.outcomes[1].state, AnalysisState::kFailed);
  EXPECT_EQ(result.outcomes[1].reason, "it broke");
  EXPECT_EQ(result.outcomes[2].state, AnalysisState::kSkipped);
  EXPECT_EQ(result.outcomes[2].reason, "faces.detect did not succeed");
}

TEST(PhotoAnalysisTest, AnExceptionIsAFailure) {
  const auto run_out = [](const PhotoView&, Findings&) -> Status { throw std::bad_alloc(); };
  const auto throws = [](const PhotoView&, Findings&) -> Status { throw std::runtime_error("library says no"); };
  const PhotoResult result = RunAll(*Make(run_out, throws));
  EXPECT_EQ(result.outcomes[0].reason, "library says no");
  EXPECT_EQ(result.outcomes[1].reason, "out of memory");
}

TEST(PhotoAnalysisTest, NumbersThatAreNoneAreAFailureOfThatAnalysisAlone) {
  const auto not_a_number = [](const PhotoView& photo, Findings& findings) {
    CALOTYPE_RETURN_IF_ERROR(FindOneObject(photo, findings));
    findings.objects->front().box.width = std::numeric_limits<float>::quiet_NaN();
    return absl::OkStatus();
  };
  const PhotoResult result = RunAll(*Make(FindOneFace, not_a_number));
  EXPECT_EQ(result.outcomes[0].state, AnalysisState::kFailed);
  EXPECT_THAT(result.outcomes[0].reason, HasSubstr("not finite"));
  EXPECT_FALSE(result.findings.objects.has_value());
  EXPECT_EQ(result.outcomes[2].state, AnalysisState::kDone);
}

TEST(PhotoAnalysisTest, ClosureAddsWhatIsNeededAndWhatDepends) {
  const auto analysis = Make(FindOneFace);
  const auto closure = [&](std::vector<std::string> pending) { return analysis->Closure(pending); };
  EXPECT_THAT(closure({"objects"}), ElementsAre("objects"));
  EXPECT_THAT(closure({"faces.recognise"}), ElementsAre("faces.detect", "faces.recognise"));
  EXPECT_THAT(closure({"faces.detect"}), ElementsAre("faces.detect", "faces.recognise"));
  EXPECT_THAT(closure({"decode"}), ElementsAre("objects", "faces.detect", "faces.recognise"));
  EXPECT_THAT(closure({}), IsEmpty());
}

TEST(PhotoAnalysisTest, RestrictKeepsWhatIsNeeded) {
  const auto names = [](const std::vector<std::string>& only) {
    const auto analysis = Make(FindOneFace);
    EXPECT_TRUE(analysis->Restrict(only).ok());
    std::vector<std::string> kept;
    for (const AnalysisVersion& version : analysis->Versions()) {
      kept.push_back(version.analysis);
    }
    return kept;
  };
  EXPECT_THAT(names({"objects"}), ElementsAre("decode", "objects"));
  EXPECT_THAT(names({"faces"}), ElementsAre("decode", "faces.detect", "faces.recognise"));
  EXPECT_THAT(names({"faces.recognise"}), ElementsAre("decode", "faces.detect", "faces.recognise"));
  EXPECT_THAT(names({"faces.detect"}), ElementsAre("decode", "faces.detect"));
  const std::vector<std::string> unknown = {"face"};
  EXPECT_THAT(Message(Make(FindOneFace)->Restrict(unknown)),
              HasSubstr("no analysis is called 'face'; there are: objects, faces, faces.detect, faces.recognise"));
}

TEST(PhotoAnalysisTest, AnUndecodablePhotoIsOneFailure) {
  const auto analysis = Make(FindOneFace);
  PhotoResult result;
  const std::vector<std::string> names = {"objects", "faces.detect"};
  analysis->RecordUndecodable(absl::InvalidArgumentError("no photo"), names, result);
  ASSERT_EQ(result.outcomes.size(), 3U);
  EXPECT_EQ(result.outcomes[0].analysis, "decode");
  EXPECT_EQ(result.outcomes[0].state, AnalysisState::kFailed);
  EXPECT_EQ(result.outcomes[1].state, AnalysisState::kSkipped);
}

}  // namespace
}  // namespace calotype
