// Tests FindDuplicates() on small synthetic hashes.
#include "search/duplicates.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "search/search_test_util.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DuplicatesTest : public SearchTest {
 protected:
  // The first `bits` bits are set.
  static PdqHash FirstBits(int bits) {
    PdqHash hash{};
    for (int i = 0; i < bits; ++i) {
      hash[static_cast<std::size_t>(i / 8)] |= static_cast<uint8_t>(0x80 >> (i % 8));
    }
    return hash;
  }
  // A hash that differs at every turn from all hashes near FirstBits().
  static PdqHash SomeHash(unsigned seed) {
    std::mt19937 random(seed);
    PdqHash hash;
    std::ranges::generate(hash, [&] { return static_cast<uint8_t>(random()); });
    return hash;
  }
  PhotoId Add(const std::string& path, const PdqHash& hash, PhotoProperties properties, int quality = 100) {
    PhotoResult result;
    result.properties = std::move(properties);
    result.findings.pdq = PdqFinding{.hash = hash, .quality = quality};
    return AddPhoto(path, result);
  }
  PhotoId AddHash(const std::string& path, int bits, int quality, int side) {
    return Add(path, FirstBits(bits), {.format = PhotoFormat::kJpeg, .width = side, .height = side, .facts = {}},
               quality);
  }
  PhotoId AddShot(const std::string& path, int bits, const std::string& taken_at, const std::string& camera = "Box") {
    return Add(path, FirstBits(bits), {.facts = {.taken_at = taken_at, .camera = camera}});
  }
  std::vector<std::vector<PhotoId>> Groups(const DuplicateOptions& options = {}) {
    std::vector<std::vector<PhotoId>> groups;
    for (const DuplicateGroup& group : Value(FindDuplicates(catalog(), files_, options)).groups) {
      auto& ids = groups.emplace_back();
      for (const DuplicatePhoto& photo : group) {
        ids.push_back(photo.photo);
      }
    }
    return groups;
  }
};

TEST_F(DuplicatesTest, OnePhotoIsAskedFor) {
  const PhotoId keeper = AddHash("/keeper", 0, 100, 400);
  const PhotoId copy = AddHash("/copy", 4, 100, 200);
  const PhotoId other = AddHash("/other", 128, 100, 400);
  AddHash("/other copy", 130, 100, 200);
  AddHash("/alone", 200, 100, 300);
  EXPECT_THAT(Groups({.of = copy}), ElementsAre(ElementsAre(keeper, copy)));
  EXPECT_THAT(Groups({.of = keeper}), ElementsAre(ElementsAre(keeper, copy)));
  EXPECT_THAT(Groups({.of = other}), ElementsAre(SizeIs(2)));
  EXPECT_THAT(Groups({.of = catalog().FindByPath("/alone").value()}), IsEmpty());
}

TEST_F(DuplicatesTest, ADistanceOf31IsACopyAndOf32IsNot) {
  const PhotoId small = AddHash("/small", 0, 100, 100);
  const PhotoId large = AddHash("/large", 31, 100, 200);
  AddHash("/other", 63, 100, 300);
  const auto groups = Value(FindDuplicates(catalog(), files_, {})).groups;
  ASSERT_THAT(groups, SizeIs(1));
  ASSERT_THAT(groups[0], SizeIs(2));
  EXPECT_EQ(groups[0][0].photo, large) << "the larger one is to be kept";
  EXPECT_EQ(groups[0][0].distance, 0);
  EXPECT_EQ(groups[0][0].width, 200);
  EXPECT_EQ(groups[0][1].photo, small);
  EXPECT_EQ(groups[0][1].distance, 31);
  EXPECT_THAT(groups[0][1].paths, ElementsAre("/small"));
}

TEST_F(DuplicatesTest, AGroupIsMeasuredFromItsKeeper) {
  const PhotoId a = AddHash("/a", 0, 100, 100);
  const PhotoId b = AddHash("/b", 25, 100, 100);
  const PhotoId c = AddHash("/c", 50, 100, 100);
  EXPECT_THAT(Groups(), ElementsAre(std::vector{a, b})) << "/c is 50 bits from the keeper, though 25 from its copy";
  const PhotoId d = AddHash("/d", 60, 100, 100);
  EXPECT_THAT(Groups(), ElementsAre(std::vector{a, b}, std::vector{c, d}));
}

TEST_F(DuplicatesTest, AFileThatIsGoneOrChangedIsNeitherKeeperNorCopy) {
  const PhotoId large = AddHash("/large", 0, 100, 200);
  const PhotoId small = AddHash("/small", 0, 100, 100);
  EXPECT_THAT(Groups(), ElementsAre(std::vector{large, small}));
  files_.files["/large"] = std::nullopt;
  EXPECT_THAT(Groups(), IsEmpty());
  EXPECT_EQ(Value(FindDuplicates(catalog(), files_, {})).changed, 1);
  const PhotoId tiny = AddHash("/tiny", 0, 100, 50);
  EXPECT_THAT(Groups(), ElementsAre(std::vector{small, tiny}));
}

TEST_F(DuplicatesTest, NamesOfOneFileAreOneFile) {
  AddHash("/a", 0, 100, 100);
  for (const char* path : {"/b", "/c", "/link/a"}) {
    CALOTYPE_ASSERT_OK(catalog().AddFile(path, StampOf(2), DigestOf("/a")).status());
  }
  const LibraryFile file{.stamp = {.size = 1, .inode = 7}};
  files_.files = {{"/a", file},
                  {"/b", file},
                  {"/c", std::nullopt},
                  {"/link/a", LibraryFile{.stamp = file.stamp, .through_link = true}}};
  EXPECT_THAT(Groups(), IsEmpty()) << "a hard link, a symbolic link and a folder reached twice";
  files_.files["/link/a"] = LibraryFile{.stamp = {.size = 1, .inode = 8}, .through_link = true};
  const auto groups = Value(FindDuplicates(catalog(), files_, {})).groups;
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_THAT(groups[0][0].paths, ElementsAre("/a", "/link/a"));
  files_.files["/a"] = LibraryFile{.stamp = file.stamp, .through_link = true};
  files_.files["/link/a"] = LibraryFile{.stamp = {.size = 1, .inode = 8}};
  EXPECT_THAT(Value(FindDuplicates(catalog(), files_, {})).groups[0][0].paths, ElementsAre("/b", "/link/a"))
      << "the name without a link, of any file";
}

TEST_F(DuplicatesTest, PicturesDecideWhereHashesAgree) {
  const PhotoId one = AddHash("/1", 0, 100, 200);
  const PhotoId two = AddHash("/2", 0, 100, 100);
  Image half(64, 64);
  std::ranges::fill(half.pixels(), uint8_t{128});
  std::fill_n(half.pixels().begin(), half.pixels().size() / 2, uint8_t{40});
  files_.pictures["/2"] = std::make_shared<const Picture>(MakePicture(half.Clone(), 64, 64, 1));
  EXPECT_THAT(Groups(), IsEmpty());
  files_.pictures["/1"] = std::make_shared<const Picture>(MakePicture(half.Clone(), 64, 64, 1));
  EXPECT_THAT(Groups(), ElementsAre(std::vector{one, two}));
  files_.pictures["/1"] = std::make_shared<const Picture>(MakePicture(std::move(half), 64, 64, 2));
  EXPECT_THAT(Groups(), IsEmpty()) << "one has a second page";
  files_.pictures.erase("/1");
  files_.pictures["/2"] = absl::InvalidArgumentError("broken");
  EXPECT_THAT(Groups(), IsEmpty());
}

TEST_F(DuplicatesTest, PicturesOfTwoCamerasAreCopiesIfTheirPixelsAgree) {
  AddShot("/1", 0, "2024-05-01T12:00:00", "Box");
  AddShot("/2", 1, "2023-05-01T12:00:05", "Other box");
  EXPECT_THAT(Groups(), ElementsAre(SizeIs(2)));
}

TEST_F(DuplicatesTest, RestrictedToPhotosAndPaths) {
  const PhotoId a = AddHash("/a/1", 0, 100, 100);
  const PhotoId b = AddHash("/b/2", 0, 100, 100);
  const PhotoId c = AddHash("/b/3", 0, 100, 100);
  EXPECT_THAT(Groups({.allows_photo = [a](PhotoId photo) { return photo != a; }, .allows_path = {}}),
              ElementsAre(std::vector{b, c}));
  CALOTYPE_ASSERT_OK(catalog().AddFile("/b/again", StampOf(2), DigestOf("/a/1")).status());
  const DuplicateOptions in_b{.allows_photo = {},
                              .allows_path = [](std::string_view path) { return path.starts_with("/b"); }};
  const auto groups = Value(FindDuplicates(catalog(), files_, in_b)).groups;
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_THAT(groups[0][0].paths, ElementsAre("/b/again"));
}

TEST_F(DuplicatesTest, BytesDecideBetweenEqualSizes) {
  const PhotoId a = AddHash("/a", 0, 100, 100);
  const PhotoId b = AddHash("/larger-file", 0, 100, 100);  // the tests store the length of the path as the file size
  EXPECT_THAT(Groups(), ElementsAre(std::vector{b, a}));
}

TEST_F(DuplicatesTest, HashesOfPoorQualityAreNotCompared) {
  AddHash("/a", 0, 100, 100);
  AddHash("/b", 0, 49, 100);
  EXPECT_THAT(Groups(), IsEmpty());
  AddHash("/c", 0, 50, 100);
  EXPECT_THAT(Groups(), SizeIs(1));
}

TEST_F(DuplicatesTest, SameBytesAtTwoPathsAreAGroup) {
  const PhotoId photo = AddHash("/a", 0, 100, 100);
  CALOTYPE_ASSERT_OK(catalog().AddFile("/copy", StampOf(2), DigestOf("/a")).status());
  CALOTYPE_ASSERT_OK(catalog().AddFile("/gone", StampOf(2), DigestOf("/a")).status());
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/gone"}));
  const auto groups = Value(FindDuplicates(catalog(), files_, {})).groups;
  ASSERT_THAT(groups, SizeIs(1));
  ASSERT_THAT(groups[0], SizeIs(1));
  EXPECT_EQ(groups[0][0].photo, photo);
  EXPECT_THAT(groups[0][0].paths, ElementsAre("/a", "/copy"));
  AddHash("/near", 3, 100, 100);
  EXPECT_THAT(Groups(), SizeIs(1)) << "each photo is in one group";
}

TEST_F(DuplicatesTest, PhotosWithoutDetailAreCountedButNotGrouped) {
  // Two sheets of one colour: their hashes have no information.
  AddHash("/white", 0, 0, 100);
  AddHash("/black", 0, 0, 200);
  EXPECT_THAT(Groups(), IsEmpty());
  EXPECT_EQ(Value(FindDuplicates(catalog(), files_, {})).plain, 2);
  CALOTYPE_ASSERT_OK(catalog().AddFile("/white again", StampOf(2), DigestOf("/white")).status());
  EXPECT_THAT(Groups(), SizeIs(1)) << "the very same bytes are a copy, however plain";
}

TEST_F(DuplicatesTest, TurnedCopiesAreFoundWhenAskedFor) {
  for (int turn = 1; turn < kPdqTurns; ++turn) {
    const auto way = static_cast<PdqTurn>(turn);
    const PdqHash hash = SomeHash(static_cast<unsigned>(turn));
    PdqHash turned = TurnedHash(hash, way);
    turned[turn] ^= 0x11;  // and two bits changed, as by another compression
    const PhotoId large = Add(fmt::format("/large{}", turn), hash, {.width = 200, .height = 100, .facts = {}});
    const PhotoId small = Add(fmt::format("/small{}", turn), turned, {.width = 20, .height = 10, .facts = {}});
    const auto found = Value(FindDuplicates(catalog(), files_, {.turned = true})).groups;
    ASSERT_THAT(found, SizeIs(turn)) << PdqTurnName(way);
    ASSERT_THAT(found.back(), SizeIs(2));
    EXPECT_EQ(found.back()[0].photo, large);
    EXPECT_EQ(found.back()[0].turn, PdqTurn::kNone);
    EXPECT_EQ(found.back()[1].photo, small);
    EXPECT_EQ(found.back()[1].turn, way);
    EXPECT_EQ(found.back()[1].distance, 2);
  }
  EXPECT_THAT(Groups(), IsEmpty()) << "they are not, when not";
}

TEST_F(DuplicatesTest, TwoShotsAreNotCopiesHoweverSimilar) {
  const PhotoId one = AddShot("/1", 0, "2024-05-01T12:00:00");
  const PhotoId two = AddShot("/2", 9, "2024-05-01T12:00:05");
  EXPECT_THAT(Groups(), IsEmpty());
  const PhotoId stripped = AddShot("/stripped", 7, "", "");
  EXPECT_THAT(Groups(), ElementsAre(std::vector{two, stripped})) << "it belongs to the nearer one";
  const PhotoId again = AddShot("/longer path", 2, "2024-05-01T12:00:00");
  EXPECT_THAT(Groups(), ElementsAre(std::vector{two, stripped}, std::vector{again, one}));
}

TEST_F(DuplicatesTest, FractionsOfASecondSeparateShotsIfAllHaveThem) {
  const PhotoId one = AddShot("/1", 0, "2024-05-01T12:00:00.10+02:00");
  const PhotoId two = AddShot("/2", 1, "2024-05-01T12:00:00.25+02:00");
  EXPECT_THAT(Groups(), IsEmpty());
  const PhotoId whole = AddShot("/3", 2, "2024-05-01T12:00:00");
  EXPECT_THAT(Groups(), ElementsAre(ElementsAre(whole, one, two)));
}

TEST_F(DuplicatesTest, TimesOfOtherCamerasOrWithoutTimeOfDayDoNotSeparate) {
  AddShot("/1", 0, "2024-05-01T12:00:00", "Box");
  AddShot("/2", 1, "2024-05-01T12:00:05", "");
  AddShot("/3", 2, "2024-05-02", "Box");
  EXPECT_THAT(Groups(), ElementsAre(SizeIs(3)));
}

TEST_F(DuplicatesTest, TheKeeperHasTheMostPixelsThenTheBestFormatThenFactsThenTheEarliestDate) {
  const PhotoFacts dated{.taken_at = "2024-05-01T12:00:00", .camera = "Box"};
  const PhotoFacts earlier{.taken_at = "2023-05-01"};
  struct Case {
    PhotoProperties keeper;
    PhotoProperties other;
    const char* reason;
  };
  const Case cases[] = {
      {{.format = PhotoFormat::kGif, .width = 20, .height = 10, .facts = {}},
       {.format = PhotoFormat::kRaw, .width = 10, .height = 10, .facts = dated},
       "20x10 against 10x10"},
      {{.format = PhotoFormat::kRaw, .width = 10, .height = 10, .facts = {}},
       {.format = PhotoFormat::kPng, .width = 10, .height = 10, .facts = dated},
       "RAW against PNG"},
      {{.format = PhotoFormat::kHeic, .width = 10, .height = 10, .facts = {}},
       {.format = PhotoFormat::kJpeg, .width = 10, .height = 10, .facts = dated},
       "HEIC against JPEG"},
      {{.format = PhotoFormat::kJpeg, .width = 10, .height = 10, .facts = dated},
       {.format = PhotoFormat::kJpeg, .width = 10, .height = 10, .facts = earlier},
       "it has more of date, camera and place"},
      {{.format = PhotoFormat::kJpeg, .width = 10, .height = 10, .facts = earlier},
       {.format = PhotoFormat::kJpeg, .width = 10, .height = 10, .facts = {.taken_at = "2024"}},
       "it says that it was taken earlier"},
  };
  unsigned seed = 0;
  for (const Case& c : cases) {
    const PdqHash hash = SomeHash(++seed);
    Add(fmt::format("/a longer path{}", seed), hash, c.other);
    const PhotoId keeper = Add(fmt::format("/{}", seed), hash, c.keeper);
    const DuplicateGroup group = Value(FindDuplicates(catalog(), files_, {})).groups.back();
    EXPECT_EQ(group[0].photo, keeper);
    EXPECT_EQ(group[0].reason, c.reason);
  }
}

}  // namespace
}  // namespace calotype
