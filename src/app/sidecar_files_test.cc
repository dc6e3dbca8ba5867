#include "app/sidecar_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace calotype {
namespace {

namespace fs = std::filesystem;

class SidecarFilesTest : public ::testing::Test {
 protected:
  SidecarFilesTest() {
    std::string pattern = (fs::temp_directory_path() / "calotype-sidecars-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SidecarFilesTest() override { fs::remove_all(folder_); }

  void Add(const std::string& name) const { std::ofstream(folder_ / name) << name; }

  // The name of the photo's sidecar, with " (new)" and " (shared)".
  std::string Of(const std::string& photo, SidecarNames names = SidecarNames::kWhole) const {
    const SidecarPlace place = SidecarFiles(names).Of(folder_ / photo);
    return place.path.filename().string() + (place.exists ? "" : " (new)") + (place.beside_shared ? " (shared)" : "");
  }

  fs::path folder_;
};

TEST_F(SidecarFilesTest, NewOnesHaveTheFormThatIsAskedFor) {
  Add("a.jpg");
  EXPECT_EQ(Of("a.jpg"), "a.jpg.xmp (new)");
  EXPECT_EQ(Of("a.jpg", SidecarNames::kStem), "a.xmp (new)");
}

TEST_F(SidecarFilesTest, AnExistingOneIsUsedWhateverItsForm) {
  Add("a.jpg");
  Add("a.xmp");
  EXPECT_EQ(Of("a.jpg"), "a.xmp");
  Add("b.jpg");
  Add("b.jpg.XMP");
  EXPECT_EQ(Of("b.jpg", SidecarNames::kStem), "b.jpg.XMP");
  Add("a.jpg.xmp");
  EXPECT_EQ(Of("a.jpg"), "a.jpg.xmp") << "of two, the one of this file alone";
}

TEST_F(SidecarFilesTest, OfPhotosWithOneStemTheRawHasIt) {
  Add("a.jpg");
  Add("a.CR2");
  EXPECT_EQ(Of("a.jpg", SidecarNames::kStem), "a.jpg.xmp (new)");
  EXPECT_EQ(Of("a.CR2", SidecarNames::kStem), "a.xmp (new)");
  Add("a.xmp");
  EXPECT_EQ(Of("a.jpg"), "a.jpg.xmp (new) (shared)");
  EXPECT_EQ(Of("a.CR2"), "a.xmp");
  Add("a.jpg.xmp");
  EXPECT_EQ(Of("a.jpg"), "a.jpg.xmp (shared)");
}

TEST_F(SidecarFilesTest, WithoutARawNobodyHasIt) {
  for (const char* name : {"a.jpg", "a.png", "b.jpg", "b.mov"}) {
    Add(name);
  }
  EXPECT_EQ(Of("a.jpg", SidecarNames::kStem), "a.jpg.xmp (new)");
  EXPECT_EQ(Of("a.png", SidecarNames::kStem), "a.png.xmp (new)");
  EXPECT_EQ(Of("b.jpg", SidecarNames::kStem), "b.xmp (new)") << "a video is no photo";
}

TEST_F(SidecarFilesTest, RemovesWhatAKilledExportLeft) {
  Add("a.jpg.xmp.calotype-aB3x9z");
  Add("a.jpg");
  SidecarFiles(SidecarNames::kWhole).CleanFolder(folder_);
  EXPECT_FALSE(fs::exists(folder_ / "a.jpg.xmp.calotype-aB3x9z"));
  EXPECT_TRUE(fs::exists(folder_ / "a.jpg"));
}

}  // namespace
}  // namespace calotype
