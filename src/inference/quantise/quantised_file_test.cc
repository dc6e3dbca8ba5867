#include "inference/quantise/quantised_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

class QuantisedFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    forms_ = folder_->path() / "forms";
    fs::create_directories(forms_);
    model_ = Write(folder_->path() / "model.onnx", "abc");
  }

  static fs::path Write(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
    return path;
  }

  std::optional<TemporaryFolder> folder_;
  fs::path forms_;
  fs::path model_;
};

TEST_F(QuantisedFileTest, IsFoundIfItExists) {
  EXPECT_TRUE(absl::IsNotFound(FindQuantisedFile(forms_, model_, "h").status()));
  const fs::path file = Write(*QuantisedFile(forms_, model_, "h"), "int8");
  EXPECT_EQ(*FindQuantisedFile(forms_, model_, "h"), file);
  EXPECT_TRUE(absl::IsNotFound(FindQuantisedFile("", model_, "h").status()));
}

TEST_F(QuantisedFileTest, IsNotFoundAfterTheModelChanged) {
  Write(*QuantisedFile(forms_, model_, "h"), "int8");
  EXPECT_TRUE(absl::IsNotFound(FindQuantisedFile(forms_, model_, "another hash").status()));
  Write(model_, "abcd");
  EXPECT_TRUE(absl::IsNotFound(FindQuantisedFile(forms_, model_, "h").status()));
  EXPECT_TRUE(absl::IsNotFound(FindQuantisedFile(forms_, model_.string() + "2", "h").status()));
}

TEST_F(QuantisedFileTest, OutdatedFormsOfTheSameModelAreDeleted) {
  const fs::path outdated = Write(*QuantisedFile(forms_, model_, "old"), "int8");
  const fs::path current = Write(*QuantisedFile(forms_, model_, "new"), "int8");
  const fs::path other_model = Write(folder_->path() / "other.onnx", "abc");
  const fs::path other = Write(*QuantisedFile(forms_, other_model, "old"), "int8");
  RemoveOutdatedForms(forms_, model_, "new");
  EXPECT_FALSE(fs::exists(outdated));
  EXPECT_TRUE(fs::exists(current));
  EXPECT_TRUE(fs::exists(other));
}

TEST_F(QuantisedFileTest, TheStampDistinguishesFilesWithOneName) {
  const fs::path file = Write(forms_ / "a", "1");
  const std::string before = FileStampText(file);
  Write(file, "12");
  EXPECT_NE(FileStampText(file), before);
  EXPECT_EQ(FileStampText(forms_ / "none"), "");
  EXPECT_EQ(FileStampText(absl::NotFoundError("")), "");
}

}  // namespace
}  // namespace calotype
