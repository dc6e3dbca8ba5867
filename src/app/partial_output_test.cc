#include "app/partial_output.h"

#include <gtest/gtest.h>

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

TEST(PartialOutputTest, AFolderThatDoesNotExistIsAnError) {
  EXPECT_TRUE(absl::IsNotFound(PartialOutput::Open("/no/such/folder/table.csv").status()));
}

}  // namespace
}  // namespace calotype
