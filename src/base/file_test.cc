#include "base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/sha256.h"
#include "base/unfinished_writes.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  const fs::path folder_ = fs::temp_directory_path() / ("calotype_file_test_" + std::to_string(getpid()));
};

TEST_F(FileTest, ReadsWholeFiles) {
  const fs::path path = Write("a", std::string("a\0b", 3));
  EXPECT_EQ(*ReadTextFile(path), std::string("a\0b", 3));
  EXPECT_TRUE(ReadFile(Write("empty", ""))->empty());
}

TEST_F(FileTest, OpenErrorsNameTheReason) {
  EXPECT_TRUE(absl::IsNotFound(OpenForReading(folder_ / "nothing").status()));
  EXPECT_THAT(Message(OpenForReading(folder_ / "nothing").status()), HasSubstr("nothing"));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenForReading(folder_).status()));
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(Message(OpenForReading(folder_ / "pipe").status()), HasSubstr("not a regular file"));
}

TEST_F(FileTest, AFileOverTheLimitIsRefusedWithTheSetting) {
  const StatusOr<UniqueFd> file = OpenForReading(Write("a", "12345"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(ReadAll(file->get(), 5, "limits.file_bytes")->size(), 5U);
  const Status status = ReadAll(file->get(), 4, "limits.file_bytes").status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(Message(status), "the file has 5 bytes, the limit is 4 (limits.file_bytes)");
}

TEST_F(FileTest, WritesAtomically) {
  const fs::path path = folder_ / "out";
  const std::vector<uint8_t> first = {1, 2, 3};
  const std::vector<uint8_t> second = {4};
  ASSERT_TRUE(WriteFileAtomically(path, first).ok());
  ASSERT_TRUE(WriteFileAtomically(path, second).ok());
  EXPECT_EQ(*ReadFile(path), second);
  // Leaves no temporary file behind, not even after a failure.
  EXPECT_FALSE(WriteFileAtomically(folder_ / "no" / "such", first).ok());
  fs::create_directory(folder_ / "taken");
  EXPECT_FALSE(WriteFileAtomically(folder_ / "taken", first).ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
}

TEST_F(FileTest, AKilledWriteLeavesNothing) {
  const UniqueFd nameless(open(folder_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (nameless.get() < 0) {
    GTEST_SKIP() << folder_ << ": the file system has no files without names";
  }
  // The limit on the file size ends the child process in the middle of its write.
  const pid_t child = fork();
  if (child == 0) {
    const rlimit none = {.rlim_cur = 1, .rlim_max = 1};
    setrlimit(RLIMIT_FSIZE, &none);
    (void)WriteFileAtomically(folder_ / "cut", std::vector<uint8_t>{1, 2, 3});
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(FileTest, PermissionsStay) {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  ASSERT_TRUE(WriteFileAtomically(folder_ / "a", bytes).ok());
  EXPECT_EQ(fs::status(folder_ / "a").permissions(), fs::perms{0644});
  fs::permissions(folder_ / "a", fs::perms{0660});
  ASSERT_TRUE(WriteFileAtomically(folder_ / "a", bytes).ok());
  EXPECT_EQ(fs::status(folder_ / "a").permissions(), fs::perms{0660});
}

TEST_F(FileTest, UnfinishedWritesAreRemoved) {
  fs::create_directory(folder_ / "below");
  for (const char* name : {"below/kept", "below/cut.calotype-aB3x9z"}) {
    Write(name, "1");
  }
  RemoveUnfinishedWrites(folder_);
  EXPECT_TRUE(fs::exists(folder_ / "below/kept"));
  EXPECT_FALSE(fs::exists(folder_ / "below/cut.calotype-aB3x9z"));
  RemoveUnfinishedWrites(folder_ / "nothing");
}

TEST_F(FileTest, InFoldersOfUsersOnlyThoseOfOneExtensionThatNobodyWrites) {
  const std::vector<std::string> kept = {"a.jpg.calotype-aB3x9z", "a.xmp.calotype-notes", ".xmp.calotype-aB3x9z",
                                         "a.xmp", "live.xmp.calotype-aB3x9z"};
  for (const std::string& name : kept) {
    Write(name, "1");
  }
  const UniqueFd live(open((folder_ / kept.back()).c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(flock(live.get(), LOCK_EX), 0);
  Write("a.jpg.xmp.calotype-aB3x9z", "1");
  RemoveUnfinishedWritesTo(folder_, ".xmp");
  EXPECT_FALSE(fs::exists(folder_ / "a.jpg.xmp.calotype-aB3x9z"));
  for (const std::string& name : kept) {
    EXPECT_TRUE(fs::exists(folder_ / name)) << name;
  }
}

TEST_F(FileTest, Sha256OfFileAndOfBytesAgree) {
  const std::string abc = "abc";
  const auto expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2, B.1
  EXPECT_EQ(Sha256({reinterpret_cast<const uint8_t*>(abc.data()), abc.size()}).Hex(), expected);
  const StatusOr<UniqueFd> file = OpenForReading(Write("abc", abc));
  EXPECT_EQ(Sha256OfFile(file->get())->Hex(), expected);
  EXPECT_EQ(Sha256OfFile(file->get())->Hex(), expected) << "the position of the file must not matter";
  EXPECT_EQ(ParseSha256(expected)->Hex(), expected);
  EXPECT_FALSE(ParseSha256("abc").ok());
  EXPECT_FALSE(ParseSha256(std::string(64, 'g')).ok());
  EXPECT_FALSE(Sha256OfFile(-1).ok());
}

TEST_F(FileTest, ARenameReplacesNothing) {
  const fs::path a = Write("a", "a");
  const fs::path b = Write("b", "b");
  EXPECT_TRUE(absl::IsAlreadyExists(RenameWithoutReplacing(a, b)));
  EXPECT_EQ(ReadTextFile(b).value_or(""), "b");
  fs::remove(b);
  EXPECT_TRUE(RenameWithoutReplacing(a, b).ok());
  EXPECT_EQ(ReadTextFile(b).value_or(""), "a");
  EXPECT_TRUE(absl::IsNotFound(RenameWithoutReplacing(a, b)));
}

}  // namespace
}  // namespace calotype
