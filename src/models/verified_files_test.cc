#include "models/verified_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class VerifiedFilesTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) const { std::ofstream(folder() / name) << text; }

  // A model whose manifest states the hash and size of `text` for each file.
  ModelSpec Model(const std::string& text) const {
    ModelSpec model{.name = "finder", .path = folder() / "finder.onnx", .folder = folder()};
    for (const char* const name : {"finder.onnx", "labels.txt"}) {
      model.files.push_back({.name = name,
                             .sha256 = Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()}),
                             .bytes = static_cast<int64_t>(text.size())});
    }
    return model;
  }

  Status Check(const ModelSpec& model) const { return VerifiedFiles(store()).Check(model); }

  const fs::path& folder() const { return home_->path(); }
  fs::path store() const { return folder() / "cache" / "verified.txt"; }

  const StatusOr<TemporaryFolder> home_ = TemporaryFolder::Create();
};

TEST_F(VerifiedFilesTest, HashesEachFileOfAModel) {
  Write("finder.onnx", "abc");
  Write("labels.txt", "abc");
  EXPECT_EQ(Check(Model("abc")), absl::OkStatus());
  Write("labels.txt", "abd");
  const Status changed = Check(Model("abc"));
  EXPECT_TRUE(absl::IsDataLoss(changed));
  EXPECT_THAT(Message(changed), HasSubstr("labels.txt has SHA-256 "));
  EXPECT_TRUE(absl::IsNotFound(Check({.files = {{.name = "gone", .sha256 = Sha256Digest()}}})));
}

TEST_F(VerifiedFilesTest, ARestoredTimeHidesNoChange) {
  Write("finder.onnx", "abc");
  Write("labels.txt", "abc");
  ASSERT_EQ(Check(Model("abc")), absl::OkStatus());
  const fs::file_time_type time = fs::last_write_time(folder() / "finder.onnx");
  Write("finder.onnx", "abd");
  fs::last_write_time(folder() / "finder.onnx", time);
  EXPECT_TRUE(absl::IsDataLoss(Check(Model("abc"))));
}

// The file that was hashed cannot be read a second time without notice: what the store says is believed.
TEST_F(VerifiedFilesTest, AnUnchangedFileIsNotHashedAgain) {
  Write("finder.onnx", "abc");
  Write("labels.txt", "abc");
  ASSERT_EQ(Check(Model("abc")), absl::OkStatus());
  const std::string lines = *ReadTextFile(store());
  // Another program hashed the files and found "xyz".
  const ModelSpec other = Model("xyz");
  std::string forged = lines;
  const std::string abc = Model("abc").files[0].sha256->Hex();
  for (std::size_t at = forged.find(abc); at != std::string::npos; at = forged.find(abc, at)) {
    forged.replace(at, abc.size(), other.files[0].sha256->Hex());
  }
  std::ofstream(store()) << forged;
  EXPECT_EQ(Check(other), absl::OkStatus());
  std::ofstream(store()) << "damaged\n" << lines.substr(0, 40);
  EXPECT_TRUE(absl::IsDataLoss(Check(other))) << "a damaged store is empty";
}

}  // namespace
}  // namespace calotype
