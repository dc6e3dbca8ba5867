#include "app/catalog_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

class CatalogPoolTest : public ::testing::Test {
 protected:
  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  const std::string file_ = (folder_->path() / "catalog.db").string();
  CatalogPool pool_{file_, [this] { return Catalog::Open(file_); }, 2};
};

TEST_F(CatalogPoolTest, AConnectionIsUsedAgain) {
  for (int i = 0; i < 3; ++i) {
    const StatusOr<CatalogLease> lease = pool_.Take();
    ASSERT_TRUE(lease.ok()) << lease.status();
    EXPECT_TRUE((*lease)->Roots().ok());
  }
  EXPECT_EQ(pool_.opened(), 1);
}

TEST_F(CatalogPoolTest, NoMoreThanTheCapacityAreInUse) {
  std::atomic<int> in_use = 0;
  std::atomic<int> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const StatusOr<CatalogLease> lease = pool_.Take();
        EXPECT_TRUE(lease.ok());
        const int now = ++in_use;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        --in_use;
      });
    }
  }
  EXPECT_LE(most, 2);
  EXPECT_LE(pool_.opened(), 2);
}

// The second thread starts to wait before the file exists, and must find the connection that the first one opened.
TEST_F(CatalogPoolTest, AThreadThatWaitedUsesTheConnectionOfTheFirst) {
  absl::Notification opening;
  CatalogPool pool(
      file_,
      [&]() -> StatusOr<std::unique_ptr<Catalog>> {
        if (!opening.HasBeenNotified()) {
          opening.Notify();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // long enough for the second thread to wait
        return Catalog::Open(file_);
      },
      1);
  std::jthread first([&] { EXPECT_TRUE(pool.Take().ok()); });
  opening.WaitForNotification();
  EXPECT_TRUE(pool.Take().ok());
  first.join();
  EXPECT_EQ(pool.opened(), 1);
}

TEST_F(CatalogPoolTest, AReplacedFileIsOpenedAnew) {
  ASSERT_TRUE(pool_.Take().ok());
  std::filesystem::rename(file_, file_ + ".before");
  ASSERT_TRUE(Catalog::Open(file_).ok());
  const StatusOr<CatalogLease> lease = pool_.Take();
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(pool_.opened(), 2);
}

TEST_F(CatalogPoolTest, AClosedPoolOpensNothing) {
  std::optional<CatalogLease> lease;
  {
    StatusOr<CatalogLease> taken = pool_.Take();
    ASSERT_TRUE(taken.ok()) << taken.status();
    lease.emplace(*std::move(taken));
  }
  EXPECT_FALSE(pool_.Close(std::chrono::milliseconds(1))) << "one is in use";
  lease.reset();
  std::optional<ClosedCatalog> closed = pool_.Close(std::chrono::milliseconds(1));
  ASSERT_TRUE(closed);
  EXPECT_FALSE(pool_.Close(std::chrono::milliseconds(1))) << "closed by somebody else";
  std::atomic<bool> opened = false;
  std::jthread waiting([&] {
    EXPECT_TRUE(pool_.Take().ok());
    opened = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(opened);
  closed.reset();
  waiting.join();
  EXPECT_EQ(pool_.opened(), 2) << "the connection before was closed";
}

TEST_F(CatalogPoolTest, AnErrorGivesThePlaceBack) {
  CatalogPool failing(file_, [] { return absl::UnavailableError("locked"); }, 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Message(failing.Take().status()), "locked");
  }
  EXPECT_TRUE(failing.Close(std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace calotype
