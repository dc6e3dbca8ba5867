// MaintenanceCatalog.
#include <filesystem>
#include <fstream>
#include <thread>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class CatalogMaintenanceTest : public CatalogTest {
 protected:
  fs::path copy() const { return folder() / "copy.db"; }
  fs::path replaced() const { return Value(CatalogFiles::Of(url())).database().string() + ".before-restore"; }
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogMaintenanceTest, testing::ValuesIn(FileBackends()), BackendName);

TEST_P(CatalogMaintenanceTest, ABackupIsRestoredWhole) {
  const PhotoId photo = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(photo)));
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy()));
  const std::string name = Value(catalog().ChangesOfVectors("space", 1)).library;
  Add("/later.jpg", "later");
  EXPECT_EQ(catalog().BackUp(copy()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Value(Catalog::Restore(copy(), url())), replaced());
  Reopen();
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 1);
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).findings.objects->size(), FullResult(photo).findings.objects->size());
  EXPECT_NE(Value(catalog().ChangesOfVectors("space", 1)).library, name);
  EXPECT_TRUE(fs::exists(replaced()));
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  EXPECT_EQ(Value(Value(Catalog::Open(replaced()))->GetStatus()).photos, 2);
}

TEST_P(CatalogMaintenanceTest, NothingIsReplacedUnlessAllHaveClosedTheCatalogue) {
  Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy()));
  Add("/later.jpg", "later");
  bool checked = false;
  const auto close = [&] {
    checked = fs::exists(Value(CatalogFiles::Of(url())).database().string() + ".restoring");
    return absl::FailedPreconditionError("in use");
  };
  EXPECT_EQ(Message(Catalog::Restore(copy(), url(), close).status()), "in use");
  EXPECT_TRUE(checked) << "the copy was made before";
  EXPECT_FALSE(fs::exists(replaced()));
  EXPECT_FALSE(fs::exists(Value(CatalogFiles::Of(url())).database().string() + ".restoring"));
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 2);
}

TEST_P(CatalogMaintenanceTest, ABackupIsOfOneInstantWhileOthersWrite) {
  std::jthread writer([url = url()](const std::stop_token& stop) {
    const auto other = Value(Catalog::Open(url));
    for (int i = 0; !stop.stop_requested(); ++i) {
      const std::string path = "/" + std::to_string(i);
      PhotoResult result = FullResult(Value(other->AddFile(path, StampOf(1), DigestOf(path))));
      EXPECT_EQ(Message(other->Store(std::vector{result})), "");
    }
  });
  for (int i = 0; i < 5; ++i) {
    const fs::path target = folder() / ("copy" + std::to_string(i));
    CALOTYPE_ASSERT_OK(catalog().BackUp(target));
    EXPECT_THAT(Value(Value(Catalog::Open(target))->Check()), IsEmpty());
  }
}

TEST_P(CatalogMaintenanceTest, WhatIsDamagedIsNotRestored) {
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
  const Status status = Catalog::Restore(copy(), url()).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  Reopen();
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 200);
  EXPECT_FALSE(fs::exists(replaced()));
  EXPECT_TRUE(absl::IsNotFound(Catalog::Restore(folder() / "nowhere", url()).status()));
  std::ofstream(copy(), std::ios::trunc) << "no database at all, only some text of more than a few words";
  EXPECT_EQ(Message(Catalog::Restore(copy(), url()).status()),
            copy().string() + " is damaged or not a catalogue of Calotype; nothing was changed");
  std::ofstream(copy(), std::ios::trunc).close();
  EXPECT_EQ(Message(Catalog::Restore(copy(), url()).status()), copy().string() + " is empty; nothing was changed");
  Reopen();
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 200);
}

TEST_P(CatalogMaintenanceTest, EveryReplacedCatalogueIsKept) {
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy()));
  for (const int photos : {1, 2}) {
    for (int i = 0; i < photos; ++i) {
      Add("/" + std::to_string(i), std::to_string(i));
    }
    const fs::path kept = replaced().string() + (photos == 1 ? "" : "-2");
    EXPECT_EQ(Value(Catalog::Restore(copy(), url())), kept);
    EXPECT_EQ(Value(Value(Catalog::Open(kept))->GetStatus()).photos, photos);
    Reopen();
  }
  const fs::path new_file = folder() / "new" / "catalog.db";
  EXPECT_EQ(Value(Catalog::Restore(copy(), new_file)), std::nullopt) << "there was none";
}

TEST_P(CatalogMaintenanceTest, BackupsAreRemembered) {
  EXPECT_THAT(Value(catalog().Backups()), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy()));
  EXPECT_EQ(catalog().BackUp(copy()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Value(catalog().Backups()), ElementsAre(fs::absolute(copy()).string()));
  fs::remove(copy());
  CALOTYPE_ASSERT_OK(catalog().BackUp(copy()));
  EXPECT_THAT(Value(catalog().Backups()), SizeIs(1)) << "each once, also those that are gone";
}

TEST_P(CatalogMaintenanceTest, AFailedBackupNamesItsOwnFile) {
  const fs::path target = folder() / "nowhere" / "copy.db";
  EXPECT_EQ(Message(catalog().BackUp(target)), "the folder " + target.parent_path().string() + " does not exist");
  const Status full = catalog().BackUp("/dev/full/copy.db");
  EXPECT_EQ(Message(full), "the folder /dev/full does not exist");
}

}  // namespace
}  // namespace calotype
