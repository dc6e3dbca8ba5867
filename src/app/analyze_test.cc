#include "app/analyze.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "app/app_test_util.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TestData(const std::string& name) { return (SourceDir() / "src/photo/testdata" / name).string(); }

// Without an engine and a pack, every analysis that needs a model fails.
const std::vector<std::string> kNoModels = {"inference.onnxruntime=/nowhere", "models.folder=/nowhere"};

StatusOr<std::vector<AnalyzedPhoto>> Analyze(const AnalyzeRequest& request) {
  const TestApp app(kNoModels);
  std::vector<AnalyzedPhoto> photos;
  CALOTYPE_RETURN_IF_ERROR(AnalyzePhotos(*app, request, [&](const AnalyzedPhoto& photo) { photos.push_back(photo); }));
  return photos;
}

TEST(AnalyzeTest, PdqNeedsNeitherModelsNorAnEngine) {
  const auto photos = Analyze({.photos = {TestData("grey.jpg")}, .only = {"pdq"}});
  ASSERT_TRUE(photos.ok()) << photos.status();
  ASSERT_EQ(photos->size(), 1U);
  EXPECT_TRUE(photos->front().ok());
  EXPECT_TRUE(photos->front().findings.pdq.has_value());
  EXPECT_EQ(photos->front().properties.format, PhotoFormat::kJpeg);
}

TEST(AnalyzeTest, AnswersInTheOrderOfTheRequest) {
  const std::vector<std::string> paths = {TestData("orientation_1.jpg"), "/no/such.jpg", TestData("grey.png"),
                                          TestData("facts_cases.tsv"), TestData("grey.jpg")};
  const auto photos = Analyze({.photos = paths, .only = {"pdq"}});
  ASSERT_TRUE(photos.ok()) << photos.status();
  std::vector<std::string> seen;
  std::vector<bool> ok;
  for (const AnalyzedPhoto& photo : *photos) {
    seen.push_back(photo.path);
    ok.push_back(photo.ok());
  }
  EXPECT_EQ(seen, paths);
  EXPECT_THAT(ok, ElementsAre(true, false, true, false, true));
  EXPECT_TRUE(absl::IsNotFound((*photos)[1].status));
}

TEST(AnalyzeTest, OtherAnalysesNeedAPack) {
  const auto photos = Analyze({.photos = {TestData("grey.jpg")}, .only = {"pdq", "objects"}});
  EXPECT_TRUE(absl::IsFailedPrecondition(photos.status())) << photos.status();
  EXPECT_THAT(Message(photos.status()), HasSubstr("is not installed"));
}

}  // namespace
}  // namespace calotype
