#include "app/scratch_folder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

TEST(ScratchFolderTest, IsRemovedWithItsFilesAtTheEnd) {
  const TemporaryFolder parent = *TemporaryFolder::Create();
  fs::path path;
  {
    const ScratchFolder scratch(parent.path());
    path = scratch.path();
    EXPECT_FALSE(fs::exists(path));
    ASSERT_TRUE(scratch.Create().ok());
    std::ofstream(path / "file") << "content";
    EXPECT_TRUE(fs::exists(path / "file"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(ScratchFolderTest, RemovesFoldersOfDeadProcessesOnly) {
  const TemporaryFolder parent = *TemporaryFolder::Create();
  const pid_t dead = fork();
  if (dead == 0) {
    _exit(0);
  }
  waitpid(dead, nullptr, 0);
  const fs::path of_dead = parent.path() / ("part-" + std::to_string(dead));
  const fs::path of_living = parent.path() / ("part-" + std::to_string(getppid()));
  const fs::path other = parent.path() / "model.int8.onnx";
  for (const fs::path& folder : {of_dead, of_living, other}) {
    fs::create_directory(folder);
  }
  const ScratchFolder scratch(parent.path());
  EXPECT_FALSE(fs::exists(of_dead));
  EXPECT_TRUE(fs::exists(of_living));
  EXPECT_TRUE(fs::exists(other));
}

}  // namespace
}  // namespace calotype
