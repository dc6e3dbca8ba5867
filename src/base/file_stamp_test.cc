#include "base/file_stamp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"

namespace calotype {
namespace {

constexpr FileStamp kStored{.size = 100, .mtime_ns = 1'000, .ctime_ns = 2'000, .inode = 7};

FileStamp With(int64_t FileStamp::* member, int64_t value) {
  FileStamp stamp = kStored;
  stamp.*member = value;
  return stamp;
}

TEST(FileStampTest, SizeAndBothTimesTellAChange) {
  for (const FileSystemKind kind : {FileSystemKind::kLocal, FileSystemKind::kNfs}) {
    EXPECT_EQ(CompareStamps(kStored, kStored, kind), StampMatch::kSame);
    EXPECT_EQ(CompareStamps(kStored, With(&FileStamp::size, 101), kind), StampMatch::kChanged);
    EXPECT_EQ(CompareStamps(kStored, With(&FileStamp::mtime_ns, 1'001), kind), StampMatch::kChanged);
    EXPECT_EQ(CompareStamps(kStored, With(&FileStamp::ctime_ns, 2'001), kind), StampMatch::kChanged);
  }
}

TEST(FileStampTest, AnotherInodeTellsAChangeOnlyWhereInodesAreStable) {
  FileStamp seen = kStored;
  seen.inode = 8;
  EXPECT_EQ(CompareStamps(kStored, seen, FileSystemKind::kLocal), StampMatch::kChanged);
  for (const FileSystemKind kind :
       {FileSystemKind::kNfs, FileSystemKind::kCifs, FileSystemKind::kFuse, FileSystemKind::kFat}) {
    EXPECT_EQ(CompareStamps(kStored, seen, kind), StampMatch::kSame) << FileSystemName(kind);
  }
}

TEST(FileStampTest, AStampFromBeforeCtimeWasStoredIsAcceptedOnce) {
  constexpr FileStamp kOld{.size = 100, .mtime_ns = 1'000};
  EXPECT_EQ(CompareStamps(kOld, kStored, FileSystemKind::kLocal), StampMatch::kSameButOutdated);
  EXPECT_EQ(CompareStamps(kOld, With(&FileStamp::size, 99), FileSystemKind::kLocal), StampMatch::kChanged);
  EXPECT_EQ(CompareStamps(kOld, With(&FileStamp::mtime_ns, 9), FileSystemKind::kLocal), StampMatch::kChanged);
}

TEST(FileStampTest, CtimeShowsAnEditorThatPutsTheOldTimeBack) {
  const std::filesystem::path path = testing::TempDir() + "calotype_stamp.jpg";
  std::ofstream(path) << "before";
  const FileStamp before = *StampOfFile(path);
  std::ofstream(path) << "edited";
  const timespec back{.tv_sec = before.mtime_ns / 1'000'000'000, .tv_nsec = before.mtime_ns % 1'000'000'000};
  // The kernel's clock for files has ticks of some milliseconds: try until the change falls into another tick.
  FileStamp after;
  do {
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), std::array{back, back}.data(), 0), 0);
    after = *StampOfFile(path);
  } while (after.ctime_ns == before.ctime_ns);
  EXPECT_EQ(after.mtime_ns, before.mtime_ns);
  EXPECT_EQ(after.size, before.size);
  EXPECT_EQ(CompareStamps(before, after, FileSystemKind::kLocal), StampMatch::kChanged);
  const StatusOr<UniqueFd> file = OpenForReading(path);
  EXPECT_EQ(*StampOfFile(file->get()), after);
  std::filesystem::remove(path);
  EXPECT_TRUE(absl::IsNotFound(StampOfFile(path).status()));
}

TEST(FileSystemTest, TypesOfStatfsAreKnown) {
  EXPECT_EQ(FileSystemKindOfType(0x6969), FileSystemKind::kNfs);
  EXPECT_EQ(FileSystemKindOfType(0xff534d42), FileSystemKind::kCifs);
  EXPECT_EQ(FileSystemKindOfType(static_cast<uint64_t>(static_cast<int32_t>(0xfe534d42))), FileSystemKind::kCifs)
      << "f_type is signed on some machines";
  EXPECT_EQ(FileSystemKindOfType(0x65735546), FileSystemKind::kFuse);
  EXPECT_EQ(FileSystemKindOfType(0x4d44), FileSystemKind::kFat);
  EXPECT_EQ(FileSystemKindOfType(0xef53), FileSystemKind::kLocal) << "ext4";
  EXPECT_TRUE(FileSystemOf(std::filesystem::path("/")).ok());
  EXPECT_TRUE(absl::IsNotFound(FileSystemOf(std::filesystem::path("/not/here")).status()));
}

}  // namespace
}  // namespace calotype
