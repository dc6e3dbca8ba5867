#include "pipeline/process_photo.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "photo/encode.h"
#include "pipeline/fake_analysers.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ProcessPhotoTest : public ::testing::Test {
 protected:
  // The path of a JPEG of 32 x 24 pixels.
  std::string AddPhoto() const {
    Image image(32, 24);
    std::fill(image.pixels().begin(), image.pixels().end(), uint8_t{90});
    const std::filesystem::path path = folder_->path() / "photo.jpg";
    EXPECT_TRUE(WriteFileAtomically(path, *EncodeJpeg(image, 90)).ok());
    return path.string();
  }

  static OpenPhoto Open(const std::string& path) {
    StatusOr<OpenPhoto> photo = OpenPhotoFile(path);
    EXPECT_TRUE(photo.ok()) << Message(photo.status());
    return *std::move(photo);
  }

  static std::unique_ptr<PhotoAnalysis> Analysis(FakeAnalyser::Act act) {
    std::vector<std::unique_ptr<Analyser>> analysers;
    analysers.push_back(std::make_unique<FakeAnalyser>("objects", std::vector<std::string_view>{}, std::move(act)));
    return std::make_unique<PhotoAnalysis>(std::move(analysers));
  }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  const std::unique_ptr<PhotoReader> reader_ = CreatePhotoReader();
  const std::unique_ptr<PhotoAnalysis> analysis_ = Analysis(FindOneObject);
  const PhotoTools tools_{.reader = *reader_, .analysis = *analysis_};
};

TEST_F(ProcessPhotoTest, OneCallReadsAndAnalyses) {
  const StatusOr<PhotoResult> result = ProcessPhoto(Open(AddPhoto()), tools_);
  ASSERT_TRUE(result.ok()) << Message(result.status());
  EXPECT_EQ(result->properties->width, 32);
  EXPECT_EQ(result->properties->format, PhotoFormat::kJpeg);
  EXPECT_EQ(result->findings.objects->size(), 1U);
  std::vector<std::string> outcomes;
  for (const AnalysisOutcome& outcome : result->outcomes) {
    EXPECT_EQ(outcome.state, AnalysisState::kDone);
    outcomes.push_back(outcome.analysis);
  }
  EXPECT_THAT(outcomes, ElementsAre("decode", "facts", "objects"));
}

TEST_F(ProcessPhotoTest, AFailedAnalysisIsAnOutcomeAndABrokenFileAnError) {
  const std::unique_ptr<PhotoAnalysis> broken = Analysis(FailAlways);
  const StatusOr<PhotoResult> result = ProcessPhoto(Open(AddPhoto()), {.reader = *reader_, .analysis = *broken});
  ASSERT_TRUE(result.ok()) << Message(result.status());
  EXPECT_EQ(result->outcomes.back().state, AnalysisState::kFailed);
  const std::string text = folder_->path() / "text.jpg";
  std::ofstream(text) << "not a photo";
  EXPECT_TRUE(absl::IsInvalidArgument(ProcessPhoto(Open(text), tools_).status()));
  EXPECT_TRUE(absl::IsNotFound(OpenPhotoFile(folder_->path() / "missing.jpg").status()));
}

TEST_F(ProcessPhotoTest, SidecarsAreReadWithThePhoto) {
  const std::string path = AddPhoto();
  std::ofstream(path + ".xmp")
      << R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
      << R"(<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF>)"
      << "</x:xmpmeta>";
  std::ofstream(folder_->path() / "photo.xmp") << "a broken sidecar changes nothing";
  EXPECT_EQ(ProcessPhoto(Open(path), tools_)->properties->facts.rating, 5);
  EXPECT_EQ(LoadFacts(Open(path), tools_)->properties.facts.rating, 5);
}

// As when a network disk does not respond for a moment: the facts of the sidecar must not be missing for ever.
TEST_F(ProcessPhotoTest, FactsAreRetriedIfASidecarCouldNotBeRead) {
  const std::string path = AddPhoto();
  const std::string sidecar = path + ".xmp";
  std::ofstream(sidecar) << "x";
  OpenPhoto photo = Open(path);
  ASSERT_EQ(photo.sidecars.size(), 1U);
  photo.sidecars[0].file = UniqueFd(open(sidecar.c_str(), O_WRONLY | O_CLOEXEC));  // read() fails
  const StatusOr<PhotoResult> result = ProcessPhoto(photo, tools_);
  ASSERT_TRUE(result.ok()) << Message(result.status());
  for (const AnalysisOutcome& outcome : result->outcomes) {
    EXPECT_EQ(outcome.state == AnalysisState::kFailed, outcome.analysis == kFactsAnalysis) << outcome.analysis;
    EXPECT_EQ(outcome.retryable, outcome.analysis == kFactsAnalysis);
  }
  EXPECT_THAT(result->outcomes[1].reason, HasSubstr("photo.jpg.xmp: "));
  const StatusOr<LoadedFacts> facts = LoadFacts(photo, tools_);
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(facts->unread_sidecar, HasSubstr("photo.jpg.xmp: "));
}

TEST_F(ProcessPhotoTest, FactsAreRetriedIfASidecarCouldNotBeOpened) {
  const std::string path = AddPhoto();
  std::ofstream(path + ".xmp") << "x";
  const StatusOr<StoredPhoto> stored = OpenStoredPhoto(path);
  ASSERT_TRUE(stored.ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  OpenPhoto photo;
  OpenSidecars({&path, 1}, photo);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(photo.sidecars.empty());
  EXPECT_THAT(photo.unread_sidecar, HasSubstr("photo.jpg.xmp"));
}

TEST_F(ProcessPhotoTest, TheMemoryOfAPhotoIsClaimedUntilItIsAnalysed) {
  MemoryBudget budget({.limit = 1'000'000'000, .resident = [] { return int64_t{0}; }});
  const PhotoTools tools{.reader = *reader_, .analysis = *analysis_, .memory = &budget};
  StatusOr<LoadedPhoto> loaded = LoadPhoto(Open(AddPhoto()), tools);
  ASSERT_TRUE(loaded.ok()) << Message(loaded.status());
  EXPECT_GT(loaded->memory.bytes(), 32 * 24 * 3);
  const std::vector<std::string> names = {"objects"};
  const PhotoResult result = AnalysePhoto(*std::move(loaded), names, tools);
  EXPECT_EQ(result.findings.objects->size(), 1U);

  MemoryBudget small({.limit = 10'000'000, .resident = [] { return int64_t{0}; }});
  const Status refused =
      LoadPhoto(Open(AddPhoto()), {.reader = *reader_, .analysis = *analysis_, .memory = &small}).status();
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(Message(refused), HasSubstr("the limit is 10 (limits.memory_mb"));
}

TEST(FactsVersionTest, IsCurrentWithAnyPlaceNames) {
  const std::string version = FactsVersion(nullptr);
  EXPECT_TRUE(IsCurrentFactsVersion(version));
  EXPECT_TRUE(IsCurrentFactsVersion(version + " of 2024-01-01"));
  EXPECT_FALSE(IsCurrentFactsVersion("1"));
  EXPECT_FALSE(IsCurrentFactsVersion(version + "1"));
}

}  // namespace
}  // namespace calotype
