#include "pipeline/claimed_photo.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClaimedPhotoTest : public ::testing::Test {
 protected:
  // Writes a file and returns it as the catalogue would store it.
  PhotoFile Write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_->path() / name;
    std::ofstream(path) << text;
    // Changes within one tick of the kernel's clock have the same ctime.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return {.path = path.string(), .stamp = *StampOfFile(path)};
  }

  static WorkItem Item(std::vector<PhotoFile> files, const std::string& text) {
    return {.photo = 1,
            .sha256 = Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()}),
            .files = std::move(files)};
  }

  // Gives a changed file its old mtime back, as some metadata editors do.
  static void RestoreTime(const PhotoFile& file) {
    constexpr int64_t kSecond = 1'000'000'000;
    const timespec time{.tv_sec = file.stamp.mtime_ns / kSecond, .tv_nsec = file.stamp.mtime_ns % kSecond};
    const timespec times[] = {time, time};
    ASSERT_EQ(utimensat(AT_FDCWD, file.path.c_str(), times, 0), 0);
  }

  // The content that is read for `item`.
  StatusOr<std::string> Read(const WorkItem& item) {
    return ReadClaimed(item, [this](const OpenPhoto& photo) -> StatusOr<std::string> {
      ++reads_;
      if (during_read_) {
        during_read_();
      }
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadAll(photo.file.get(), 1000, "test"));
      sidecars_.clear();
      for (const OpenSidecar& sidecar : photo.sidecars) {
        sidecars_.push_back(sidecar.path.filename().string());
      }
      return std::string(bytes.begin(), bytes.end());
    });
  }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  std::function<void()> during_read_;
  int reads_ = 0;
  std::vector<std::string> sidecars_;
};

TEST_F(ClaimedPhotoTest, TheFirstUnchangedFileIsRead) {
  const PhotoFile a = Write("a.jpg", "photo");
  const PhotoFile b = Write("b.jpg", "photo");
  Write("a.jpg.xmp", "");
  Write("b.jpg.xmp", "");
  EXPECT_EQ(*Read(Item({a, b}, "photo")), "photo");
  EXPECT_EQ(reads_, 1);
  EXPECT_THAT(sidecars_, ElementsAre("a.jpg.xmp", "b.jpg.xmp"));
  fs::remove(a.path);
  EXPECT_EQ(*Read(Item({a, b}, "photo")), "photo");
}

TEST_F(ClaimedPhotoTest, AFileThatIsAnotherPhotoNowIsSkippedWithItsSidecars) {
  const PhotoFile a = Write("a.jpg", "photo");
  const PhotoFile b = Write("b.jpg", "photo");
  Write("a.jpg.xmp", "");
  Write("b.jpg.xmp", "");
  Write("a.jpg", "another photo");
  EXPECT_EQ(*Read(Item({a, b}, "photo")), "photo");
  EXPECT_THAT(sidecars_, ElementsAre("b.jpg.xmp"));
}

TEST_F(ClaimedPhotoTest, NothingIsReadWhenTheOnlyFileWasChanged) {
  const PhotoFile a = Write("a.jpg", "photo");
  Write("a.jpg", "other");
  const Status status = Read(Item({a}, "photo")).status();
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_THAT(Message(status), HasSubstr("a.jpg was changed since it was scanned"));
  PhotoFile missing = a;
  missing.path += ".gone";
  EXPECT_TRUE(absl::IsAborted(Read(Item({a, missing}, "photo")).status())) << "the changed file decides";
  EXPECT_TRUE(absl::IsNotFound(Read(Item({missing}, "photo")).status()));
  EXPECT_EQ(reads_, 0);
}

TEST_F(ClaimedPhotoTest, AnotherCtimeAloneIsDecidedByTheContent) {
  const PhotoFile a = Write("a.jpg", "photo");
  ASSERT_EQ(chmod(a.path.c_str(), 0600), 0);
  ASSERT_NE(StampOfFile(fs::path(a.path))->ctime_ns, a.stamp.ctime_ns);
  EXPECT_EQ(*Read(Item({a}, "photo")), "photo");
  Write("a.jpg", "OTHER");
  RestoreTime(a);
  EXPECT_TRUE(absl::IsAborted(Read(Item({a}, "photo")).status()));
}

TEST_F(ClaimedPhotoTest, AStampFromBeforeCtimeWasStoredIsAccepted) {
  PhotoFile a = Write("a.jpg", "photo");
  a.stamp.ctime_ns = 0;
  a.stamp.inode = 0;
  EXPECT_EQ(*Read(Item({a}, "photo")), "photo");
}

TEST_F(ClaimedPhotoTest, AChangeDuringTheReadIsNoticed) {
  const PhotoFile a = Write("a.jpg", "photo");
  const PhotoFile b = Write("b.jpg", "photo");
  during_read_ = [&] { Write("a.jpg", "other"); };
  EXPECT_EQ(*Read(Item({a, b}, "photo")), "photo");
  EXPECT_EQ(reads_, 2);
  const PhotoFile c = Write("c.jpg", "photo");
  during_read_ = [&] { fs::rename(c.path, c.path + ".moved"); };
  EXPECT_EQ(*Read(Item({c}, "photo")), "photo") << "a rename changes only ctime";
}

}  // namespace
}  // namespace calotype
