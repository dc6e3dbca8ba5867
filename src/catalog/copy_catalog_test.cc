#include "catalog/copy_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/postgres_test_server.h"
#include "catalog/sqlite.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

void Ignore(std::string_view /*table*/, int64_t /*rows*/) {}

class CopyCatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto catalog = Value(Catalog::Open(file()));
    CALOTYPE_ASSERT_OK(catalog->RequireAnalyses(std::vector<AnalysisVersion>{{"objects", "v1"}}));
    for (int i = 0; i < 5; ++i) {
      const std::string path = "/photos/\xff" + std::to_string(i) + "/\xc3\xa9 'quoted' \\.jpg";
      photos_.push_back(Value(catalog->AddFile(path, StampOf(i), DigestOf(path))));
      PhotoResult result = FullResult(photos_.back());
      result.properties->facts.keywords = {"Holiday", "holiday|sea"};
      result.properties->facts.city = "Wien";
      CALOTYPE_ASSERT_OK(catalog->Store(std::vector{result}));
    }
    const PersonId person = Value(catalog->CreatePerson());
    const std::vector<FaceId> faces = Value(catalog->GetPhoto(photos_[0])).face_ids;
    CALOTYPE_ASSERT_OK(catalog->DecideFaces(person, faces));
    CALOTYPE_ASSERT_OK(catalog->ChangePerson(person, {.name = "Ada", .hidden = {}, .cover = {}}));
    CALOTYPE_ASSERT_OK(catalog->MarkPhotos(UserMark::kFavourite, photos_, true));
    CALOTYPE_ASSERT_OK(catalog->AddProblem("/broken", "it is"));
    CALOTYPE_ASSERT_OK(catalog->FinishRoot("/photos", 5));
    // The highest number is not given again.
    const PhotoId gone = Value(catalog->AddFile("/gone", StampOf(9), DigestOf("gone")));
    CALOTYPE_ASSERT_OK(catalog->Store(std::vector{FullResult(gone)}));
    last_face_ = Value(catalog->GetPhoto(gone)).face_ids.back();
    CALOTYPE_ASSERT_OK(catalog->MarkMissing(std::vector<std::string>{"/gone"}));
    CALOTYPE_ASSERT_OK(catalog->DeleteMissing(4'000'000'000).status());
  }

  std::string file(const std::string& name = "catalog.db") const { return (folder_.path() / name).string(); }

  void ExpectSame(const std::string& one, const std::string& other) const {
    const auto a = Value(Catalog::Open(one));
    const auto b = Value(Catalog::Open(other));
    for (const PhotoId photo : photos_) {
      const PhotoRecord first = Value(a->GetPhoto(photo));
      const PhotoRecord second = Value(b->GetPhoto(photo));
      EXPECT_EQ(first.paths, second.paths);
      EXPECT_EQ(first.sha256.Hex(), second.sha256.Hex());
      EXPECT_EQ(first.face_ids, second.face_ids);
      EXPECT_EQ(first.face_names, second.face_names);
      EXPECT_EQ(first.properties->facts.keywords, second.properties->facts.keywords);
      EXPECT_EQ(first.findings.embedding->vector, second.findings.embedding->vector);
    }
    const auto ids = [](Catalog& catalog, std::string_view words) {
      std::vector<std::pair<PhotoId, double>> found;
      for (const TextMatch& match : Value(catalog.SearchText(words, false, 10))) {
        found.emplace_back(match.photo, match.rank);
      }
      return found;
    };
    EXPECT_EQ(ids(*a, "parking").size(), 5U);
    EXPECT_EQ(ids(*a, "parking"), ids(*b, "parking"));
    EXPECT_EQ(Value(a->SearchNames("quoted", 10)).size(), 5U);
    EXPECT_EQ(Value(b->SearchNames("quoted", 10)).size(), 5U);
    EXPECT_EQ(Value(a->ChangesSince(0, 100)).last, Value(b->ChangesSince(0, 100)).last);
    EXPECT_NE(Value(a->ChangesSince(0, 100)).library, Value(b->ChangesSince(0, 100)).library);
    EXPECT_EQ(Value(a->Decisions(std::nullopt, 10)).size(), Value(b->Decisions(std::nullopt, 10)).size());
    EXPECT_EQ(Value(a->VectorsChangedSince("space", 0)), Value(b->VectorsChangedSince("space", 0)));
    for (const Vocabulary kind : {Vocabulary::kCamera, Vocabulary::kFolder, Vocabulary::kPlace}) {
      ASSERT_EQ(Value(a->Words(kind)).size(), Value(b->Words(kind)).size());
      EXPECT_EQ(Value(a->Words(kind)).front().uses, Value(b->Words(kind)).front().uses);
    }
    EXPECT_THAT(Value(b->Check()), IsEmpty());
  }

  TempFolder folder_;
  std::vector<PhotoId> photos_;
  FaceId last_face_ = 0;
};

TEST_F(CopyCatalogTest, AFileIsCopiedWhole) {
  const auto tables = Value(CopyCatalog(file(), file("copy.db"), Ignore));
  ExpectSame(file(), file("copy.db"));
  for (const CopiedTable& table : tables) {
    EXPECT_EQ(table.rows, table.name == "photo" ? 5 : table.rows);
  }
  const auto copy = Value(Catalog::Open(file("copy.db")));
  const PhotoId added = Value(copy->AddFile("/new", StampOf(1), DigestOf("new")));
  CALOTYPE_ASSERT_OK(copy->Store(std::vector{FullResult(added)}));
  EXPECT_GT(Value(copy->GetPhoto(added)).face_ids.front(), last_face_);
}

TEST_F(CopyCatalogTest, OnlyAnEmptyCatalogueIsWritten) {
  EXPECT_TRUE(absl::IsFailedPrecondition(CopyCatalog(file(), file(), Ignore).status()));
  Value(CopyCatalog(file(), file("copy.db"), Ignore));
  const Status again = CopyCatalog(file(), file("copy.db"), Ignore).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(again)) << again;
  EXPECT_THAT(Message(again), HasSubstr("is not empty"));
  EXPECT_TRUE(absl::IsNotFound(CopyCatalog(file("nowhere.db"), file("copy2.db"), Ignore).status()));
}

TEST_F(CopyCatalogTest, ADifferenceIsFound) {
  const auto spoil = [this](std::string_view table, int64_t /*rows*/) {
    if (table == "pdq") {
      CALOTYPE_ASSERT_OK(Value(SqliteDatabase::Open(file("copy.db")))->Execute("UPDATE file SET size = 7"));
    }
  };
  const Status status = CopyCatalog(file(), file("copy.db"), spoil).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr("file (5 rows, 5 in the copy)"));
}

TEST_F(CopyCatalogTest, AServerIsFilledAndCopiedBack) {
  if (TestServer::Programs().empty()) {
    GTEST_SKIP() << "no PostgreSQL server is installed (tools/setup/install_packages cluster)";
  }
  const std::string url = TestServer::Get().NewDatabase();
  // Interrupted twice; a short absence of the server between two pages does no harm.
  int interruptions = 0;
  const auto interrupt = [&interruptions](std::string_view table, int64_t /*rows*/) {
    if (table == (interruptions == 0 ? "photo" : "face") && interruptions < 2) {
      ++interruptions;
      throw std::runtime_error("interrupted");
    }
    if (table == "pdq") {
      TestServer::Get().Crash();
    }
  };
  EXPECT_THROW(CopyCatalog(file(), url, interrupt).IgnoreError(), std::runtime_error);
  EXPECT_THROW(CopyCatalog(file(), url, interrupt).IgnoreError(), std::runtime_error);
  const auto tables = CopyCatalog(file(), url, interrupt);
  CALOTYPE_ASSERT_OK(tables);
  ExpectSame(file(), url);
  const auto back = Value(CopyCatalog(url, file("back.db"), Ignore));
  ExpectSame(file(), file("back.db"));
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].sha256, (*tables)[i].sha256) << back[i].name;
  }
  const auto catalog = Value(Catalog::Open(url));
  const PhotoId added = Value(catalog->AddFile("/new", StampOf(1), DigestOf("new")));
  CALOTYPE_ASSERT_OK(catalog->Store(std::vector{FullResult(added)}));
  EXPECT_GT(Value(catalog->GetPhoto(added)).face_ids.front(), last_face_);
}

}  // namespace
}  // namespace calotype
