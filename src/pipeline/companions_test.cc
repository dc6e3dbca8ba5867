#include "pipeline/companions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace calotype {
namespace {

struct CompanionCase {
  const char* what;
  std::vector<std::filesystem::path> files;
  std::vector<std::string> wanted;  // "photo < companion", by text
  std::map<std::string, std::string> identifiers;
  std::map<std::string, std::string> known;  // the photos of videos
  std::size_t read = 0;                      // files whose identifiers are asked for, at most; 0: does not matter
};

std::string Text(const Companion& companion) {
  constexpr std::array kSigns = {"?", "xmp", "video", "raw"};
  return std::filesystem::path(companion.photo_path).filename().string() + " " +
         kSigns[static_cast<std::size_t>(companion.kind)] + " " +
         std::filesystem::path(companion.path).filename().string();
}

std::vector<std::string> Find(const CompanionCase& wanted) {
  std::set<std::string> read;
  const LiveHalves halves{.identifier =
                              [&](const std::string& path) {
                                read.insert(path);
                                const auto found = wanted.identifiers.find(path);
                                return found == wanted.identifiers.end() ? std::string() : found->second;
                              },
                          .known_photo =
                              [&](const std::string& video) {
                                const auto found = wanted.known.find(video);
                                return found == wanted.known.end() ? std::string() : found->second;
                              }};
  std::vector<std::string> found;
  for (const Companion& companion : FindCompanions(wanted.files, halves)) {
    found.push_back(Text(companion));
  }
  std::ranges::sort(found);
  EXPECT_TRUE(wanted.read == 0 || read.size() <= wanted.read) << wanted.what << ": " << read.size() << " were read";
  return found;
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
    EXPECT_EQ(Find(wanted), wanted.wanted) << wanted.what;
  }
}

TEST(FindCompanions, ByContentIdentifier) {
  for (const CompanionCase& wanted : {
           CompanionCase{.what = "other names",
                         .files = {"/a/1.HEIC", "/a/2.HEIC", "/a/3.JPG", "/a/clip.mov", "/a/film.mov"},
                         .wanted = {"2.HEIC video clip.mov"},
                         .identifiers = {{"/a/1.HEIC", "A"}, {"/a/2.HEIC", "B"}, {"/a/clip.mov", "B"}}},
           CompanionCase{.what = "equal names, other identifiers",
                         .files = {"/a/1.HEIC", "/a/1.MOV"},
                         .wanted = {},
                         .identifiers = {{"/a/1.HEIC", "A"}, {"/a/1.MOV", "B"}}},
           CompanionCase{.what = "names that were exchanged",
                         .files = {"/a/1.HEIC", "/a/1.MOV", "/a/2.HEIC", "/a/2.MOV"},
                         .wanted = {"1.HEIC video 2.MOV", "2.HEIC video 1.MOV"},
                         .identifiers = {{"/a/1.HEIC", "A"}, {"/a/2.HEIC", "B"}, {"/a/1.MOV", "B"}, {"/a/2.MOV", "A"}}},
           CompanionCase{.what = "one that says nothing goes by its name",
                         .files = {"/a/1.HEIC", "/a/1.MOV", "/a/2.JPG", "/a/2.MOV"},
                         .wanted = {"1.HEIC video 1.MOV", "2.JPG video 2.MOV"},
                         .identifiers = {{"/a/1.HEIC", "A"}, {"/a/2.MOV", "B"}}},
           CompanionCase{.what = "of two photos of its name the one with its identifier",
                         .files = {"/a/1.HEIC", "/a/1.JPG", "/a/1.MOV"},
                         .wanted = {"1.JPG video 1.MOV"},
                         .identifiers = {{"/a/1.HEIC", "A"}, {"/a/1.JPG", "B"}, {"/a/1.MOV", "B"}}},
           CompanionCase{.what = "two videos, one by its name, one by its identifier",
                         .files = {"/a/1.HEIC", "/a/1.mp4", "/a/clip.MOV"},
                         .wanted = {"1.HEIC video 1.mp4", "1.HEIC video clip.MOV"},
                         .identifiers = {{"/a/1.HEIC", "A"}, {"/a/clip.MOV", "A"}}},
           CompanionCase{.what = "a PNG is no half of a live photo",
                         .files = {"/a/1.png", "/a/2.MOV"},
                         .wanted = {},
                         .identifiers = {{"/a/1.png", "A"}, {"/a/2.MOV", "A"}}},
           CompanionCase{.what = "what is known is not read again",
                         .files = {"/a/1.HEIC", "/a/2.HEIC", "/a/2.MOV", "/a/clip.MOV", "/a/film.mov"},
                         .wanted = {"1.HEIC video clip.MOV", "2.HEIC video 2.MOV"},
                         .identifiers = {{"/a/1.HEIC", "A"}, {"/a/clip.MOV", "A"}},
                         .known = {{"/a/clip.MOV", "/a/1.HEIC"}, {"/a/2.MOV", "/a/2.HEIC"}},
                         .read = 1},
           CompanionCase{.what = "videos that say nothing let no photo be read",
                         .files = {"/a/1.HEIC", "/a/2.HEIC", "/a/film.MOV", "/a/other.mp4"},
                         .wanted = {},
                         .identifiers = {{"/a/1.HEIC", "A"}},
                         .read = 2},
       }) {
    EXPECT_EQ(Find(wanted), wanted.wanted) << wanted.what;
  }
}

}  // namespace
}  // namespace calotype
