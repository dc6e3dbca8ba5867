#include "pipeline/photo_files.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(PhotoFilesTest, NamesThatPromiseAPhoto) {
  for (const char* name : {"a.jpg", "A.JPG", "/x/y.JpEg", "b.heic", "c.CR3", "d.3fr", "e.x3f", "f.dng", "g.webp"}) {
    EXPECT_TRUE(HasPhotoExtension(name)) << name;
  }
  for (const char* name : {"a.txt", "jpg", ".jpg", "a.jpg.xmp", "b.mov", "c", ""}) {
    EXPECT_FALSE(HasPhotoExtension(name)) << name;
  }
}

TEST(PhotoFilesTest, NamesThatAScanCounts) {
  for (const char* name : {"a.mov", "B.MP4", "c.3gp", "d.wmv", "e.mpeg", "f.MTS"}) {
    EXPECT_TRUE(IsVideoName(name)) << name;
    EXPECT_FALSE(IsPdfName(name)) << name;
  }
  EXPECT_TRUE(IsPdfName("form.PDF"));
  for (const char* name : {"a.jpg", "a.txt", "pdf", ".mov", ""}) {
    EXPECT_FALSE(IsVideoName(name) || IsPdfName(name)) << name;
  }
}

TEST(PhotoFilesTest, NamesThatNoScanEnters) {
  for (const char* name : {".git", ".thumbnails", "@eaDir", "#recycle", "lost+found", "$RECYCLE.BIN"}) {
    EXPECT_TRUE(IsSkippedName(name)) << name;
  }
  for (const char* name : {"2024", "eaDir", "a.jpg", "recycle"}) {
    EXPECT_FALSE(IsSkippedName(name)) << name;
  }
}

}  // namespace
}  // namespace calotype
