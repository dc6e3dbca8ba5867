// Catalogues of older versions are migrated.
#include "catalog/schema.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/source_dir.h"
#include "catalog/catalog.h"
#include "catalog/sqlite.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// testdata/version_N.db was written by the program of that version: two samples with all that was found in them; one of
// the faces is named Barack. version_5.db is version_4.db after the
// migration of that version, with one analysis running.
class MigrationTest : public testing::TestWithParam<int> {};

TEST_P(MigrationTest, AnOlderFileIsReadAndGoesOn) {
  const TempFolder folder;
  const std::filesystem::path file = folder.path() / "catalog.db";
  std::filesystem::copy_file(SourceDir() / "src/catalog/testdata" / fmt::format("version_{}.db", GetParam()), file);
  const auto catalog = Value(Catalog::Open(file));
  const CatalogStatus status = Value(catalog->GetStatus());
  EXPECT_EQ(status.photos, 2);
  EXPECT_EQ(status.analyses.at("faces.recognise").done, 2);
  EXPECT_EQ(Value(catalog->Models()).shown.has_value(), GetParam() >= 2);
  EXPECT_THAT(Value(catalog->SearchText("parking", false, 9)), SizeIs(1));
  const PhotoId obama = Value(catalog->FindByPath("/photos/obama.jpg"));
  EXPECT_THAT(Value(catalog->FindPhotos({.person = "Barack"})), ElementsAre(obama));
  EXPECT_EQ(Value(catalog->GetPhoto(obama)).findings.embedding->space, "minilm-l6-v2");
  const std::vector<FaceRecord> faces = Value(catalog->Faces());
  EXPECT_THAT(faces, SizeIs(2));
  EXPECT_TRUE(std::ranges::none_of(faces, [](const FaceRecord& face) { return face.sharpness.has_value(); }));
  EXPECT_THAT(Value(catalog->ChangesSince(0, 9)).changes, SizeIs(2)) << "all photos are news";
  EXPECT_THAT(Value(catalog->Words(Vocabulary::kFolder)), SizeIs(1));
  std::vector<AnalysisVersion> wanted;
  for (const char* analysis : {"objects", "embedding", "text", "faces.detect", "faces.recognise", "pdq"}) {
    wanted.push_back({.analysis = analysis, .version = "v2"});
  }
  CALOTYPE_ASSERT_OK(catalog->WantModels({.pack = "standard", .choices = "", .text_encoder = ""}));
  CALOTYPE_ASSERT_OK(catalog->RequireAnalyses(wanted));
  EXPECT_EQ(Value(catalog->Models()).switching, 2);
}

INSTANTIATE_TEST_SUITE_P(Versions, MigrationTest, testing::Values(1, 2, 3, 4, 5));

// Version 7 changed what the indices of words contain.
TEST(IndexMigrationTest, WordsAreFoundByLettersThatAreTypedInAnotherWay) {
  const TempFolder folder;
  const std::filesystem::path file = folder.path() / "catalog.db";
  std::filesystem::copy_file(SourceDir() / "src/catalog/testdata/version_5.db", file);
  {
    const auto database = Value(SqliteDatabase::Open(file));
    CALOTYPE_ASSERT_OK(
        database->Execute("INSERT INTO text_fts(rowid, body) VALUES (1000, 'old line\nKärntner Straße')"));
    CALOTYPE_ASSERT_OK(database->Execute("INSERT INTO name_fts(rowid, body) VALUES (1000, 'größe.jpg')"));
    CALOTYPE_ASSERT_OK(database->Execute("INSERT INTO name_fts(rowid, body) VALUES (1001, 'plain.jpg')"));
  }
  Value(Catalog::Open(file));
  const auto database = Value(SqliteDatabase::Open(file));
  const auto found = [&](const char* table, const char* word) {
    return Value(
        database->QueryInt(fmt::format("SELECT rowid FROM {0} WHERE {0} MATCH ?1 AND rowid >= 1000", table), word));
  };
  EXPECT_EQ(found("text_fts", "strasse"), 1000);
  EXPECT_EQ(found("text_fts", "karntner"), 1000);
  EXPECT_EQ(found("name_fts", "grosse"), 1000);
  EXPECT_EQ(found("name_fts", "plain"), 1001);
}

// Version 9 added the places of forgotten faces, and the list of backups.
TEST(ForgottenMigrationTest, APersonOfAnOlderCatalogueIsForgotten) {
  const TempFolder folder;
  const std::filesystem::path file = folder.path() / "catalog.db";
  std::filesystem::copy_file(SourceDir() / "src/catalog/testdata/version_5.db", file);
  const auto catalog = Value(Catalog::Open(file));
  EXPECT_TRUE(Value(catalog->Backups()).empty());
  EXPECT_FALSE(Value(catalog->MustErase()));
  const std::vector<PersonId> barack = Value(catalog->PeopleNamed("Barack"));
  ASSERT_THAT(barack, SizeIs(1));
  EXPECT_THAT(Value(catalog->ForgetPerson(barack[0])), SizeIs(1));
  CALOTYPE_ASSERT_OK(catalog->EraseDeleted());
  EXPECT_THAT(Value(catalog->Faces()), SizeIs(1));
  EXPECT_TRUE(Value(catalog->Check()).empty());
}

// Version 6 added ctime and inode to stamps, and owners to claims.
class Version5Test : public testing::Test {
 protected:
  Version5Test() {
    std::filesystem::copy_file(SourceDir() / "src/catalog/testdata/version_5.db", file_);
    catalog_ = Value(Catalog::Open(file_));
  }

  const TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "catalog.db";
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(Version5Test, StampsAreAcceptedOnce) {
  const auto files = Value(catalog_->FilesUnder("/photos"));
  ASSERT_THAT(files, SizeIs(2));
  for (const auto& [path, stored] : files) {
    FileStamp seen = stored;
    seen.ctime_ns = 1'700'000'000'000'000'001;
    seen.inode = 42;
    EXPECT_EQ(CompareStamps(stored, seen, FileSystemKind::kLocal), StampMatch::kSameButOutdated) << path;
    CALOTYPE_ASSERT_OK(catalog_->UpdateFileStamp(path, seen));
    const FileStamp renewed = Value(catalog_->FilesUnder("/photos")).at(path);
    EXPECT_EQ(CompareStamps(renewed, seen, FileSystemKind::kLocal), StampMatch::kSame) << path;
    ++seen.ctime_ns;
    EXPECT_EQ(CompareStamps(renewed, seen, FileSystemKind::kLocal), StampMatch::kChanged) << path;
  }
}

// Version 8 reads the text of all pages.
TEST(PagesMigrationTest, TheTextOfTiffFilesIsReadAgain) {
  const TempFolder folder;
  const std::filesystem::path file = folder.path() / "catalog.db";
  std::filesystem::copy_file(SourceDir() / "src/catalog/testdata/version_4.db", file);
  {
    const auto database = Value(SqliteDatabase::Open(file));
    CALOTYPE_ASSERT_OK(database->Execute(
        "UPDATE photo SET format = 4 WHERE id = (SELECT rowid FROM text_fts WHERE text_fts MATCH 'parking')"));
  }
  const auto catalog = Value(Catalog::Open(file));
  const CatalogStatus status = Value(catalog->GetStatus());
  EXPECT_EQ(status.analyses.at("text").pending, 1);
  EXPECT_EQ(status.analyses.at("text").done, 1);
  EXPECT_EQ(status.analyses.at("objects").done, 2);
  const auto matches = Value(catalog->SearchText("parking", false, 9));
  ASSERT_THAT(matches, SizeIs(1)) << "what was found is shown meanwhile";
  const PhotoRecord photo = Value(catalog->GetPhoto(matches[0].photo));
  EXPECT_EQ(photo.findings.text->front().page, 1);
  EXPECT_EQ(photo.properties->pages, 0);
}

TEST_F(Version5Test, PhotosThatWereRunningAreTakenAndTheirCrashIsBlamed) {
  const PhotoId running = Value(catalog_->FindByPath("/photos/obama.jpg"));
  EXPECT_EQ(Value(catalog_->GetStatus()).analyses.at("objects").running, 1);
  std::vector<std::string> asked;
  const auto casualties = [&](const WorkOwner& dead) {
    asked.push_back(dead.random);
    return std::vector<Casualty>{{.photo = running, .crashed = false}};
  };
  const auto source = Value(catalog_->OpenWork(NewWorkOwner(), casualties));
  EXPECT_THAT(asked, ElementsAre(kOwnerBeforeVersion6));
  EXPECT_EQ(Value(catalog_->GetStatus()).analyses.at("objects").running, 0);
  const auto items = Value(source->Next(std::vector<std::string>{"objects"}, 9));
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].photo, running);
  EXPECT_THAT(items[0].files, SizeIs(1));
}

}  // namespace
}  // namespace calotype
