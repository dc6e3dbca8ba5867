#include <set>
#include <thread>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CatalogChangesTest : public CatalogTest {
 protected:
  // The photos that changed since the last call, in order.
  std::vector<PhotoId> News() {
    std::vector<PhotoId> photos;
    for (const PhotoChange& change : Value(catalog().ChangesSince(seen_, 100)).changes) {
      EXPECT_GT(change.number, seen_);
      seen_ = change.number;
      photos.push_back(change.photo);
    }
    return photos;
  }
  PhotoChange Last() { return Value(catalog().ChangesSince(seen_ - 1, 100)).changes.at(0); }

  int64_t seen_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogChangesTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogChangesTest, NewPhotosAndResultsAreChanges) {
  EXPECT_THAT(News(), IsEmpty());
  const PhotoId a = Add("/a", "a");
  const PhotoId b = Add("/b", "b");
  EXPECT_THAT(News(), ElementsAre(a, b));
  EXPECT_EQ(Last().path, "/b");
  EXPECT_EQ(Last().presence, PhotoPresence::kPresent);
  EXPECT_EQ(Last().sha256, DigestOf("b"));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(a)));
  EXPECT_THAT(News(), ElementsAre(a));
  EXPECT_THAT(News(), IsEmpty());
}

TEST_P(CatalogChangesTest, APhotoIsListedOnceAtItsLatestPlace) {
  const PhotoId a = Add("/a", "a");
  const PhotoId b = Add("/b", "b");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(a)));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(a)));
  EXPECT_THAT(News(), ElementsAre(b, a));
}

TEST_P(CatalogChangesTest, ResultsOfWorkersAreChangesAndTheirClaimsAreNone) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{.analysis = "pdq", .version = "v1"}}));
  const PhotoId a = Add("/a", "a");
  EXPECT_THAT(News(), ElementsAre(a));
  Claim({"pdq"}, 1);
  EXPECT_THAT(News(), IsEmpty());
  PhotoResult failed;
  failed.id = a;
  failed.outcomes = {Failed("pdq", "broken")};
  Ack(std::vector{failed});
  EXPECT_THAT(News(), ElementsAre(a));
  EXPECT_EQ(Value(catalog().RetryFailed({})), 1);
  EXPECT_THAT(News(), IsEmpty());
}

TEST_P(CatalogChangesTest, PairsAreChanges) {
  const PhotoId raw = Add("/a.cr3", "raw");
  const PhotoId jpeg = Add("/a.jpg", "jpeg");
  News();
  Companion pair{.photo_path = "/a.jpg", .path = "/a.cr3", .kind = CompanionKind::kRaw, .stamp = StampOf(3)};
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(pair));
  EXPECT_THAT(News(), testing::UnorderedElementsAre(jpeg, raw));
  CALOTYPE_ASSERT_OK(catalog().UpdateCompanionStamp(pair));
  EXPECT_THAT(News(), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().DropCompanion(pair));
  EXPECT_THAT(News(), testing::UnorderedElementsAre(jpeg, raw));
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(
      {.photo_path = "/a.jpg", .path = "/a.mov", .kind = CompanionKind::kVideo, .stamp = StampOf(3)}));
  EXPECT_THAT(News(), IsEmpty());
}

TEST_P(CatalogChangesTest, PathsThatComeAndGoAreChanges) {
  const PhotoId a = Add("/a", "a");
  News();
  Add("/copy", "a");
  EXPECT_THAT(News(), ElementsAre(a));
  CALOTYPE_ASSERT_OK(catalog().UpdateFileStamp("/a", StampOf(100)));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/none"}));
  EXPECT_THAT(News(), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a"}));
  EXPECT_THAT(News(), ElementsAre(a));
  EXPECT_EQ(Last().path, "/copy");
  EXPECT_EQ(Last().presence, PhotoPresence::kPresent);
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/copy"}));
  EXPECT_THAT(News(), ElementsAre(a));
  EXPECT_EQ(Last().path, "/a");
  EXPECT_EQ(Last().presence, PhotoPresence::kMissing);
  Add("/copy", "a");
  EXPECT_THAT(News(), ElementsAre(a));
  // Other content at the same path is a change of both photos.
  const PhotoId b = Add("/copy", "b");
  EXPECT_THAT(News(), ElementsAre(a, b));
}

TEST_P(CatalogChangesTest, ARemovedFolderChangesItsPhotos) {
  const PhotoId a = Add("/photos/a", "a");
  Add("/other/b", "b");
  CALOTYPE_ASSERT_OK(catalog().FinishRoot("/photos", 1));
  News();
  CALOTYPE_ASSERT_OK(catalog().RemoveRoot("/photos"));
  EXPECT_THAT(News(), ElementsAre(a));
}

TEST_P(CatalogChangesTest, DeletedPhotosStayInTheList) {
  const PhotoId a = Add("/a", "a");
  const PhotoId b = Add("/b", "b");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(a)));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a"}));
  News();
  const int64_t later = 4'000'000'000;
  EXPECT_EQ(Value(catalog().DeleteMissing(later)), 1);
  EXPECT_THAT(News(), ElementsAre(a));
  EXPECT_EQ(Last().presence, PhotoPresence::kDeleted);
  EXPECT_EQ(Last().path, "");
  seen_ = 0;
  EXPECT_THAT(News(), ElementsAre(b, a));
}

TEST_P(CatalogChangesTest, PeopleAndTheirNamesAreChangesOfTheirPhotos) {
  const PhotoId a = Add("/a", "a");
  const PhotoId b = Add("/b", "b");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(a)));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(b)));
  News();
  const std::vector<FaceId> in_a = Value(catalog().GetPhoto(a)).face_ids;
  const std::vector<FaceId> in_b = Value(catalog().GetPhoto(b)).face_ids;
  const PersonId ada = Value(catalog().CreatePerson());
  EXPECT_THAT(News(), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, in_a));
  EXPECT_THAT(News(), ElementsAre(a));
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, in_a));
  EXPECT_THAT(News(), IsEmpty()) << "nothing changed";
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada, {.name = "Ada"}));
  EXPECT_THAT(News(), ElementsAre(a));
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada, {.name = "Ada"}));
  EXPECT_THAT(News(), IsEmpty());
  const PersonId other = Value(catalog().SplitPerson(in_b)).person;
  EXPECT_THAT(News(), ElementsAre(b));
  CALOTYPE_ASSERT_OK(catalog().MergePeople(ada, std::vector{other}));
  EXPECT_THAT(News(), ElementsAre(b));
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(ada, std::span(in_b).first(1)));
  EXPECT_THAT(News(), ElementsAre(b));
  Value(catalog().ForgetPerson(ada));
  const std::vector<PhotoId> forgotten = News();
  EXPECT_EQ(std::set<PhotoId>(forgotten.begin(), forgotten.end()), (std::set<PhotoId>{a, b}));
}

TEST_P(CatalogChangesTest, ACompletedSwitchChangesItsPhotos) {
  const PhotoId a = Add("/a", "a");
  CALOTYPE_ASSERT_OK(catalog().WantModels({.pack = "one", .choices = "", .text_encoder = ""}));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{.analysis = "pdq", .version = "v1"}}));
  PhotoResult result;
  result.id = a;
  result.findings.pdq = PdqFinding{.hash = {1}, .quality = 80};
  result.outcomes = {Done("pdq")};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  Value(catalog().CompleteSwitch());
  CALOTYPE_ASSERT_OK(catalog().WantModels({.pack = "two", .choices = "", .text_encoder = ""}));
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{.analysis = "pdq", .version = "v2"}}));
  News();
  result.outcomes.front().version = "v2";
  CALOTYPE_ASSERT_OK(StoreOne(result));
  EXPECT_THAT(News(), ElementsAre(a));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_THAT(News(), ElementsAre(a));
}

TEST_P(CatalogChangesTest, PagesCoverEveryChangeOnce) {
  std::vector<PhotoId> added;
  for (int i = 0; i < 7; ++i) {
    added.push_back(Add(std::string("/") + std::to_string(i), std::to_string(i)));
  }
  for (const int limit : {1, 3, 7, 100}) {
    std::vector<PhotoId> read;
    for (int64_t since = 0; true;) {
      const PhotoChanges page = Value(catalog().ChangesSince(since, limit));
      if (page.changes.empty()) {
        EXPECT_EQ(since, page.last);
        break;
      }
      for (const PhotoChange& change : page.changes) {
        read.push_back(change.photo);
      }
      since = page.changes.back().number;
    }
    EXPECT_EQ(read, added) << limit;
  }
}

// Two writers with connections of their own, and a reader that follows them.
TEST_P(CatalogChangesTest, AReaderMissesNothingOfConcurrentWriters) {
  constexpr std::size_t kEach = 60;
  const auto write = [this](const std::string& prefix) {
    const auto connection = OpenAnother();
    for (std::size_t i = 0; i < kEach; ++i) {
      const std::string path = prefix + std::to_string(i);
      Value(connection->AddFile(path, StampOf(1), DigestOf(path)));
    }
  };
  std::set<PhotoId> read;
  {
    std::jthread one(write, "/one/");
    std::jthread two(write, "/two/");
    while (read.size() < 2 * kEach) {
      for (const PhotoId photo : News()) {
        EXPECT_TRUE(read.insert(photo).second);
      }
    }
  }
  EXPECT_THAT(News(), IsEmpty());
}

TEST_P(CatalogChangesTest, ARestoredCatalogueHasAnotherName) {
  if (GetParam().on_server) {
    GTEST_SKIP() << "the server's own tools restore it";
  }
  Add("/a", "a");
  const std::string before = Value(catalog().ChangesSince(0, 1)).library;
  EXPECT_FALSE(before.empty());
  const std::filesystem::path copy = folder() / "copy.db";
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy));
  const std::filesystem::path target = folder() / "restored.db";
  Value(Catalog::Restore(copy, target.string()));
  const PhotoChanges restored = Value(Value(Catalog::Open(target.string()))->ChangesSince(0, 10));
  EXPECT_NE(restored.library, before);
  EXPECT_EQ(restored.changes.size(), 1U);
}

}  // namespace
}  // namespace calotype
