#include "app/partial_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

TEST(PartialOutputTest, TheFileAppearsWhenItIsComplete) {
  const TemporaryFolder folder = *TemporaryFolder::Create();
  const fs::path file = folder.path() / "table.csv";
  auto output = PartialOutput::Open(file);
  ASSERT_TRUE(output.ok());
  ASSERT_TRUE(output->Write("a,").ok());
  ASSERT_TRUE(output->Write("b\n").ok());
  EXPECT_FALSE(fs::exists(file));
  ASSERT_TRUE(output->Finish().ok());
  EXPECT_EQ(*ReadTextFile(file), "a,b\n");
  EXPECT_FALSE(fs::exists(file.string() + ".part"));
}

TEST(PartialOutputTest, AnUnfinishedOneLeavesTheEarlierFile) {
  const TemporaryFolder folder = *TemporaryFolder::Create();
  const fs::path file = folder.path() / "table.csv";
  ASSERT_TRUE(WriteFileAtomically(file, {}).ok());
  {
    auto output = PartialOutput::Open(file);
    ASSERT_TRUE(output.ok());
    ASSERT_TRUE(output->Write("half").ok());
  }
  EXPECT_EQ(*ReadTextFile(file), "");
  EXPECT_FALSE(fs::exists(file.string() + ".part"));
}

TEST(PartialOutputTest, WhatIsNoFileIsWrittenToAndNotReplaced) {  // such as /dev/stdout, or a pipe to another program
  const TemporaryFolder folder = *TemporaryFolder::Create();
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const UniqueFd reader(
      open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));  // so that the writer does not wait for one
  auto output = PartialOutput::Open(pipe);
  ASSERT_TRUE(output.ok());
  ASSERT_TRUE(output->Write("a,b\n").ok());
  EXPECT_EQ(output->Finish(), absl::OkStatus());
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_FALSE(fs::exists(pipe.string() + ".part"));
  std::array<char, 8> seen{};
  EXPECT_EQ(read(reader.get(), seen.data(), seen.size()), 4);
  EXPECT_STREQ(seen.data(), "a,b\n");
}

TEST(PartialOutputTest, TheFileOfALinkIsReplacedAndTheLinkStays) {
  const TemporaryFolder folder = *TemporaryFolder::Create();
  const fs::path file = folder.path() / "table.csv";
  const fs::path link = folder.path() / "link.csv";
  ASSERT_TRUE(WriteFileAtomically(file, {}).ok());
  fs::create_symlink(file, link);
  auto output = PartialOutput::Open(link);
  ASSERT_TRUE(output.ok());
  ASSERT_TRUE(output->Write("new").ok());
  ASSERT_TRUE(output->Finish().ok());
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(*ReadTextFile(file), "new");
}

TEST(PartialOutputTest, AFolderIsNoFile) {
  const TemporaryFolder folder = *TemporaryFolder::Create();
  EXPECT_FALSE(PartialOutput::Open(folder.path()).ok());
}

TEST(PartialOutputTest, AFolderThatDoesNotExistIsAnError) {
  EXPECT_TRUE(absl::IsNotFound(PartialOutput::Open("/no/such/folder/table.csv").status()));
}

}  // namespace
}  // namespace calotype
