#include "inference/engines/compiled_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

class CompiledFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
  }

  fs::path Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_->path() / name) << text;
    return folder_->path() / name;
  }

  std::string NameFor(const fs::path& model, std::string_view maker = "engine 1") const {
    const StatusOr<fs::path> file = CompiledFile("compiled", model, maker);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? file->string() : "";
  }

  std::optional<TemporaryFolder> folder_;
};

TEST_F(CompiledFolderTest, TheFileNameDependsOnModelEngineAndTime) {
  const fs::path model = Write("model.onnx", "abc");
  const std::string name = NameFor(model);
  EXPECT_EQ(NameFor(model), name);
  EXPECT_NE(NameFor(model, "engine 2"), name);
  EXPECT_NE(NameFor(Write("other.onnx", "abc")), name);
  fs::last_write_time(model, fs::last_write_time(model) + std::chrono::nanoseconds(1000));
  EXPECT_NE(NameFor(model), name);
  EXPECT_TRUE(absl::IsNotFound(CompiledFile("compiled", folder_->path() / "nothing", "engine 1").status()));
}

TEST_F(CompiledFolderTest, UnusedFilesAreDeleted) {
  const auto set_times = [](const fs::path& file, int read_days_ago, int written_days_ago) {
    const std::time_t now = std::time(nullptr);
    constexpr std::time_t kDay = 86'400;
    const timespec times[] = {{.tv_sec = now - read_days_ago * kDay, .tv_nsec = 0},
                              {.tv_sec = now - written_days_ago * kDay, .tv_nsec = 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  };
  const fs::path old = Write("old", "1");
  const fs::path read = Write("read", "2");
  const fs::path written = Write("written", "3");
  set_times(old, 61, 61);
  set_times(read, 59, 400);
  set_times(written, 400, 59);
  fs::create_directory(folder_->path() / "folder");
  const fs::path deep = Write("folder/old", "4");
  set_times(deep, 61, 61);
  ForgetUnusedFiles(folder_->path(), std::chrono::days(60));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_FALSE(fs::exists(deep));
  EXPECT_TRUE(fs::exists(read));
  EXPECT_TRUE(fs::exists(written));
  EXPECT_TRUE(fs::exists(folder_->path() / "folder"));
  ForgetUnusedFiles(folder_->path() / "nothing", std::chrono::days(60));  // no error
}

}  // namespace
}  // namespace calotype
