// Copies of the database, and whether it is whole.
#include <filesystem>
#include <fstream>
#include <thread>

#include "catalog/catalog_test_util.h"
#include "catalog/sqlite.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class CatalogKeepingTest : public CatalogTest {
 protected:
  fs::path copy() const { return file().parent_path() / "copy.db"; }
};
INSTANTIATE_TEST_SUITE_P(KeptOpen, CatalogKeepingTest, testing::Values(false), ReopenName);

TEST_P(CatalogKeepingTest, ABackupIsRestoredWhole) {
  const PhotoId photo = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(photo)));
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy()));
  const std::string name = Value(catalog().ChangesOfVectors("space", 1)).library;
  Add("/later.jpg", "later");
  EXPECT_EQ(catalog().BackUp(copy()).code(), absl::StatusCode::kAlreadyExists);
  CALOTYPE_ASSERT_OK(Catalog::Restore(copy(), file()));
  Reopen();
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 1);
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).findings.objects->size(), FullResult(photo).findings.objects->size());
  EXPECT_NE(Value(catalog().ChangesOfVectors("space", 1)).library, name);
  EXPECT_TRUE(fs::exists(file().string() + ".before-restore"));
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  EXPECT_EQ(Value(Value(Catalog::Open(file().string() + ".before-restore"))->GetStatus()).photos, 2);
}

TEST_P(CatalogKeepingTest, ABackupIsOfOneInstantWhileOthersWrite) {
  std::jthread writer([file = file()](const std::stop_token& stop) {
    const auto other = Value(Catalog::Open(file));
    for (int i = 0; !stop.stop_requested(); ++i) {
      const std::string path = "/" + std::to_string(i);
      PhotoResult result = FullResult(Value(other->AddFile(path, StampOf(1), DigestOf(path))));
      EXPECT_EQ(Message(other->Store(std::vector{result})), "");
    }
  });
  for (int i = 0; i < 5; ++i) {
    const fs::path target = file().parent_path() / ("copy" + std::to_string(i));
    CALOTYPE_ASSERT_OK(catalog().BackUp(target));
    EXPECT_THAT(Value(Value(Catalog::Open(target))->Check()), IsEmpty());
  }
}

TEST_P(CatalogKeepingTest, WhatIsDamagedIsNotRestored) {
  for (int i = 0; i < 200; ++i) {
    CALOTYPE_ASSERT_OK(StoreOne(FullResult(Add("/" + std::to_string(i), std::to_string(i)))));
  }
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy()));
  {
    std::fstream stream(copy(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 20'000; at < fs::file_size(copy()) - 5000; at += 9000) {
      stream.seekp(static_cast<std::streamoff>(at)).write(std::string(500, 'x').data(), 500);
    }
  }
  const Status status = Catalog::Restore(copy(), file());
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  Reopen();
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 200);
  EXPECT_FALSE(fs::exists(file().string() + ".before-restore"));
  EXPECT_TRUE(absl::IsNotFound(Catalog::Restore(file().parent_path() / "nowhere", file())));
  std::ofstream(copy(), std::ios::trunc) << "no database at all, only some text of more than a few words";
  EXPECT_FALSE(Catalog::Restore(copy(), file()).ok());
}

TEST_P(CatalogKeepingTest, CheckSaysWhatIsWrong) {
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(Add("/a.jpg", "a"))));
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  const auto database = Value(Database::Open(file()));
  CALOTYPE_ASSERT_OK(
      database->Script("PRAGMA foreign_keys = OFF; INSERT INTO tag VALUES (77, 1, 0.5);"
                       "UPDATE pdq SET hash = x'00'; UPDATE analysis SET state = 9 WHERE analysis = 'pdq';"));
  const auto problems = Value(catalog().Check());
  EXPECT_THAT(problems, Contains(HasSubstr("of tag names a row of photo that is not there")));
  EXPECT_THAT(problems, Contains("1 hashes of another size than 32 bytes"));
  EXPECT_THAT(problems, Contains("1 analyses in a state that there is not"));
}

}  // namespace
}  // namespace calotype
