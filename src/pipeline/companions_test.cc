#include "pipeline/companions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace calotype {
namespace {

struct CompanionCase {
  const char* what;
  std::vector<std::filesystem::path> files;
  std::vector<std::string> wanted;  // "photo < companion", by text
};

std::string Text(const Companion& companion) {
  constexpr std::array kSigns = {"?", "xmp", "video", "raw"};
  return std::filesystem::path(companion.photo_path).filename().string() + " " +
         kSigns[static_cast<std::size_t>(companion.kind)] + " " +
         std::filesystem::path(companion.path).filename().string();
}

TEST(FindCompanions, ByName) {
  for (const CompanionCase& wanted : {
           CompanionCase{"both names of sidecars",
                         {"/a/p.jpg", "/a/p.jpg.xmp", "/a/p.xmp"},
                         {"p.jpg xmp p.jpg.xmp", "p.jpg xmp p.xmp"}},
           CompanionCase{"one sidecar for a pair",
                         {"/a/p.jpg", "/a/p.NEF", "/a/p.XMP"},
                         {"p.NEF xmp p.XMP", "p.jpg raw p.NEF", "p.jpg xmp p.XMP"}},
           CompanionCase{"a sidecar of nothing", {"/a/p.jpg", "/a/q.xmp", "/a/q.jpg.xmp"}, {}},
           CompanionCase{
               "a live photo", {"/a/IMG_1.HEIC", "/a/IMG_1.MOV", "/a/IMG_2.MOV"}, {"IMG_1.HEIC video IMG_1.MOV"}},
           CompanionCase{"a video beside a screenshot", {"/a/p.png", "/a/p.mov"}, {}},
           CompanionCase{"a RAW alone", {"/a/p.dng"}, {}},
           CompanionCase{"a TIFF is no RAW", {"/a/p.tif", "/a/p.jpg"}, {}},
           CompanionCase{"dots in names", {"/a/p.1.jpg", "/a/p.1.xmp", "/a/p.jpg"}, {"p.1.jpg xmp p.1.xmp"}},
       }) {
    std::vector<std::string> found;
    for (const Companion& companion : FindCompanions(wanted.files)) {
      found.push_back(Text(companion));
    }
    std::ranges::sort(found);
    EXPECT_EQ(found, wanted.wanted) << wanted.what;
  }
}

}  // namespace
}  // namespace calotype
