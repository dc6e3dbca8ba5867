#include "pipeline/folder_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FolderWatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(folder_.ok());
    fs::create_directories(root_ / "album/deep");
  }
  void Write(const fs::path& path) const { std::ofstream(path) << "bytes"; }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  const fs::path root_ = folder_->path() / "photos";
  const WatchOptions options_{.settle = milliseconds(150), .patience = milliseconds(600), .poll = milliseconds(300)};
  std::stop_source stop_;
};

TEST_F(FolderWatcherTest, TellsTheFolderInWhichAFileAppearedChangedOrWent) {
  FolderWatcher watcher({root_}, options_);
  EXPECT_THAT(watcher.polled(), IsEmpty());
  EXPECT_THAT(watcher.Wait(milliseconds(200), stop_.get_token()), IsEmpty());
  Write(root_ / "album/a.jpg");
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(root_ / "album"));
  fs::rename(root_ / "album/a.jpg", root_ / "album/deep/b.jpg");
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(root_ / "album"));
  fs::remove(root_ / "album/deep/b.jpg");
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(root_ / "album/deep"));
}

TEST_F(FolderWatcherTest, NewFoldersAreWatchedToo) {
  FolderWatcher watcher({root_}, options_);
  fs::create_directories(root_ / "new/below");
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(root_));
  Write(root_ / "new/below/a.jpg");
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(root_ / "new/below"));
}

TEST_F(FolderWatcherTest, HiddenFilesAreNoChange) {
  FolderWatcher watcher({root_}, options_);
  Write(root_ / ".hidden");
  EXPECT_THAT(watcher.Wait(milliseconds(400), stop_.get_token()), IsEmpty());
}

TEST_F(FolderWatcherTest, AFolderThatNeverRestsIsToldAllTheSame) {
  FolderWatcher watcher({root_}, options_);
  const std::jthread writer([this](const std::stop_token& done) {
    while (!done.stop_requested()) {
      Write(root_ / "a.jpg");
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(root_));
}

TEST_F(FolderWatcherTest, ARootThatIsNotThereIsPolledUntilItComes) {
  const fs::path late = folder_->path() / "late";
  FolderWatcher watcher({late}, options_);
  ASSERT_EQ(watcher.polled().size(), 1U);
  EXPECT_EQ(watcher.polled()[0].reason, "cannot be watched: No such file or directory");
  fs::create_directories(late);
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(late));
  EXPECT_THAT(watcher.polled(), IsEmpty());
  Write(late / "a.jpg");
  EXPECT_THAT(watcher.Wait(seconds(10), stop_.get_token()), ElementsAre(late));
}

TEST_F(FolderWatcherTest, AStopEndsTheWait) {
  FolderWatcher watcher({root_}, options_);
  const std::jthread stopper([this] {
    std::this_thread::sleep_for(milliseconds(50));
    stop_.request_stop();
  });
  EXPECT_THAT(watcher.Wait(seconds(100), stop_.get_token()), IsEmpty());
}

}  // namespace
}  // namespace calotype
