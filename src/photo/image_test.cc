#include "photo/image.h"

#include <gmock/gmock.h>

#include <numeric>

#include "photo/encode.h"
#include "photo/icc.h"
#include "photo/limits.h"
#include "photo/orient.h"
#include "photo/test_data.h"

namespace calotype {
namespace {

Image Numbered(int width, int height) {
  Image image(width, height);
  std::iota(image.pixels().begin(), image.pixels().end(), uint8_t{0});
  return image;
}

TEST(Image, IsMovedAndCloned) {
  Image first = Numbered(3, 2);
  const Image copy = first.Clone();
  const Image second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the header promises it
  EXPECT_TRUE(first.pixels().empty());
  EXPECT_TRUE(std::ranges::equal(second.pixels(), copy.pixels()));
  EXPECT_EQ(second.row(1)[0], 9);
}

// The first channel of each pixel of a 3x2 picture numbered 0 to 5, read row by row once it is upright.
struct TurnCase {
  int orientation;
  int width;
  std::array<int, 6> pixels;
};

TEST(Upright, TurnsAsExifTells) {
  for (const TurnCase& wanted :
       {TurnCase{1, 3, {0, 1, 2, 3, 4, 5}}, TurnCase{2, 3, {2, 1, 0, 5, 4, 3}}, TurnCase{3, 3, {5, 4, 3, 2, 1, 0}},
        TurnCase{4, 3, {3, 4, 5, 0, 1, 2}}, TurnCase{5, 2, {0, 3, 1, 4, 2, 5}}, TurnCase{6, 2, {3, 0, 4, 1, 5, 2}},
        TurnCase{7, 2, {5, 2, 4, 1, 3, 0}}, TurnCase{8, 2, {2, 5, 1, 4, 0, 3}}, TurnCase{9, 3, {0, 1, 2, 3, 4, 5}}}) {
    SCOPED_TRACE(wanted.orientation);
    const Image upright = Upright(Numbered(3, 2), wanted.orientation);
    EXPECT_EQ(upright.width(), wanted.width);
    EXPECT_EQ(SwapsAxes(wanted.orientation), wanted.width == 2);
    std::array<int, 6> found{};
    for (std::size_t i = 0; i < found.size(); ++i) {
      found[i] = upright.pixels()[i * Image::kChannels] / Image::kChannels;
    }
    EXPECT_EQ(found, wanted.pixels);
  }
}

TEST(Upright, TurnsBackWhatIsLargerThanATile) {
  const Image image = Numbered(77, 45);
  const Image there_and_back = Upright(Upright(image.Clone(), 6), 8);
  EXPECT_TRUE(std::ranges::equal(image.pixels(), there_and_back.pixels()));
}

TEST(EncodeJpeg, ComesBack) {
  const StatusOr<DecodedPhoto> golden = DecodePhoto(TestData("orientation_1.jpg"), {});
  ASSERT_TRUE(golden.ok());
  const StatusOr<std::vector<uint8_t>> file = EncodeJpeg(golden->image, 95);
  ASSERT_TRUE(file.ok());
  const StatusOr<DecodedPhoto> again = DecodePhoto(*file, {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->image.width(), 48);
  EXPECT_LE(LargestDifference(MiddlesOfQuarters(again->image), kQuarters), 4);
  EXPECT_LT(EncodeJpeg(golden->image, 10)->size(), file->size());
}

TEST(EncodeJpeg, RefusesWhatIsNoJpeg) {
  EXPECT_EQ(EncodeJpeg(Image(), 90).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeJpeg(Image(65501, 1), 90).status().code(), absl::StatusCode::kInvalidArgument);
  const Image image = Numbered(4, 4);
  EXPECT_THAT(Message(EncodeJpeg(image, 0).status()), testing::HasSubstr("quality 0 is not 1 to 100"));
  EXPECT_EQ(EncodeJpeg(image, 101).status().code(), absl::StatusCode::kInvalidArgument);
}

struct SizeCase {
  int64_t width;
  int64_t height;
  absl::StatusCode code;
};

TEST(CheckPixels, HoldsSizesAgainstTheLimits) {
  constexpr auto kWrong = absl::StatusCode::kInvalidArgument;
  constexpr auto kOver = absl::StatusCode::kResourceExhausted;
  for (const SizeCase& wanted :
       {SizeCase{1, 1, absl::StatusCode::kOk}, SizeCase{30000, 20000, absl::StatusCode::kOk},
        SizeCase{30001, 20000, kOver}, SizeCase{200, 1, absl::StatusCode::kOk}, SizeCase{201, 1, kOver},
        SizeCase{1, 201, kOver}, SizeCase{0, 5, kWrong}, SizeCase{5, 0, kWrong}, SizeCase{-1, 5, kWrong},
        SizeCase{int64_t{1} << 62, int64_t{1} << 62, kWrong}}) {
    EXPECT_EQ(CheckPixels(wanted.width, wanted.height, {}).code(), wanted.code) << wanted.width << "x" << wanted.height;
  }
}

TEST(IccProfile, KnowsSrgbByItsNumbers) {
  EXPECT_TRUE(IsSrgbProfile(TestData("srgb_littlecms.icc")));
  EXPECT_TRUE(IsSrgbProfile(TestData("srgb_libvips.icc")));
  EXPECT_FALSE(IsSrgbProfile(TestData("display_p3.icc")));
  EXPECT_FALSE(IsSrgbProfile(TestData("gamma22.icc")));
  EXPECT_TRUE(IsIccProfile(TestData("gamma22.icc")));
  std::vector<uint8_t> odd = TestData("gamma22.icc");
  odd[67] = 4;
  EXPECT_FALSE(IsIccProfile(odd)) << "there is no such rendering intent";
  EXPECT_FALSE(IsIccProfile(TestData("photo.jpg")));
  EXPECT_FALSE(IsIccProfile({}));
  const std::vector<uint8_t> profile = TestData("srgb_littlecms.icc");
  for (std::size_t size = 0; size < profile.size(); ++size) {
    IsSrgbProfile(std::span(profile).first(size));  // reads nothing beyond the end
  }
}

}  // namespace
}  // namespace calotype
