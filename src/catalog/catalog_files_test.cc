#include "catalog/catalog_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "catalog/schema.h"
#include "catalog/sqlite_catalog.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

using testing::HasSubstr;

TEST(CatalogFilesTest, AUrlOrAPathNamesTheFile) {
  for (const char* url : {"sqlite:/a/b.db", "/a/b.db"}) {
    EXPECT_EQ(Value(CatalogFiles::Of(url)).database(), "/a/b.db");
  }
  EXPECT_EQ(Value(CatalogFiles::Of("sqlite:b.db")).database(), "b.db");
  EXPECT_EQ(Value(CatalogFiles::Of("b.db")).database(), "b.db");
  EXPECT_EQ(Value(CatalogFiles::Of("sqlite:2024:05.db")).database(), "2024:05.db");
  EXPECT_EQ(Value(CatalogFiles::Of("/a/2024:05.db")).database(), "/a/2024:05.db");
}

TEST(CatalogFilesTest, OtherKindsAreRefused) {
  const Status status = CatalogFiles::Of("oracle://me:geheim@host/name").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Message(status),
              testing::AllOf(HasSubstr("\"oracle\""), HasSubstr("sqlite:PATH"), testing::Not(HasSubstr("geheim"))));
  EXPECT_TRUE(absl::IsInvalidArgument(CatalogFiles::Of("").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CatalogFiles::Of("sqlite:").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Catalog::Open("mysql:x").status()));
}

TEST(CatalogFilesTest, AServerHasAFolderOfThisMachine) {
  const CatalogFiles files = Value(CatalogFiles::Of("postgres://me:geheim@db.example/photos"));
  EXPECT_TRUE(files.on_server());
  EXPECT_TRUE(files.MayExist()) << "the server is not asked";
  EXPECT_EQ(files.name(), "postgresql://db.example/photos");
  EXPECT_THAT(files.scan_lock().string(),
              testing::ContainsRegex("/servers/db-example-photos-[0-9a-f]{12}/catalog.scan.lock$"));
  EXPECT_NE(files.folder(), Value(CatalogFiles::Of("postgres://db.example/photos2")).folder());
  EXPECT_EQ(files.folder(), Value(CatalogFiles::Of("postgresql://you@db.example/photos")).folder());
}

TEST(CatalogFilesTest, TheOtherFilesAreBesideIt) {
  const CatalogFiles files = Value(CatalogFiles::Of("sqlite:/a/b.db"));
  EXPECT_EQ(files.folder(), "/a");
  EXPECT_EQ(files.scan_lock(), "/a/b.db.scan.lock");
  EXPECT_EQ(files.progress(), "/a/b.db.progress");
  EXPECT_EQ(files.vectors(), "/a/b.db.vectors");
  EXPECT_EQ(files.NextBeforeRestore(), "/a/b.db.before-restore");
  EXPECT_EQ(files.in_flight({.random = "12ab"}), "/a/b.db.inflight-12ab");
  EXPECT_EQ(files.in_flight({.random = std::string(kOwnerBeforeVersion6)}), "/a/b.db.inflight");
  EXPECT_EQ(files.InFolder("log"), "/a/log");
}

TEST(CatalogFilesTest, ReplacedCataloguesAreFound) {
  const TempFolder folder;
  const CatalogFiles files = Value(CatalogFiles::Of((folder.path() / "c.db").string()));
  EXPECT_TRUE(files.ReplacedByRestore().empty());
  for (const char* name : {"c.db", "c.db.before-restore-2", "c.db.before-restore", "c.db.before-restore-wal", "d.db"}) {
    std::ofstream(folder.path() / name) << "x";
  }
  EXPECT_THAT(files.ReplacedByRestore(),
              testing::ElementsAre(folder.path() / "c.db.before-restore", folder.path() / "c.db.before-restore-2"));
}

TEST(CatalogOnNetworkTest, NfsAndCifsAreRefusedBeforeAnythingIsWritten) {
  const TempFolder folder;
  const CatalogFiles files = Value(CatalogFiles::Of((folder.path() / "catalog.db").string()));
  for (const FileSystemKind kind : {FileSystemKind::kNfs, FileSystemKind::kCifs}) {
    std::filesystem::path asked;
    const auto opened = SqliteCatalog::OpenFile(files, [&](const std::filesystem::path& path) {
      asked = path;
      return kind;
    });
    EXPECT_TRUE(absl::IsFailedPrecondition(opened.status()));
    EXPECT_THAT(Message(opened.status()),
                testing::AllOf(HasSubstr(std::string(FileSystemName(kind))), HasSubstr("catalog.file")));
    EXPECT_EQ(asked, folder.path()) << "the file does not exist yet";
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CatalogOnNetworkTest, OthersAreOpened) {
  const TempFolder folder;
  const CatalogFiles files = Value(CatalogFiles::Of((folder.path() / "catalog.db").string()));
  for (const FileSystemKind kind : {FileSystemKind::kLocal, FileSystemKind::kFuse, FileSystemKind::kFat}) {
    EXPECT_TRUE(SqliteCatalog::OpenFile(files, [&](const auto&) { return kind; }).ok());
  }
  const auto unknown = [](const auto&) -> StatusOr<FileSystemKind> { return absl::InternalError("statfs"); };
  EXPECT_TRUE(SqliteCatalog::OpenFile(files, unknown).ok());
}

}  // namespace
}  // namespace calotype
