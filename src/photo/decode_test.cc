#include "photo/decode.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "photo/encode.h"
#include "photo/limits.h"
#include "photo/test_data.h"

namespace calotype {
namespace {

using testing::HasSubstr;

constexpr Quarters kGrey = {{{93, 93, 93}, {136, 136, 136}, {68, 68, 68}, {202, 202, 202}}};
constexpr Rgb kWhite = {255, 255, 255};

Quarters RightIsWhite(Quarters colours) {
  colours[1] = colours[3] = kWhite;
  return colours;
}

struct PictureCase {
  std::string name;
  PhotoFormat format;
  Quarters colours = kQuarters;
  int tolerance = 0;  // largest difference in a channel; 2 for lossy formats at high quality
};

class DecodePictures : public testing::TestWithParam<PictureCase> {};

TEST_P(DecodePictures, ShowTheSameUpright) {
  const PictureCase& wanted = GetParam();
  const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData(wanted.name), {});
  ASSERT_TRUE(photo.ok()) << Message(photo.status());
  EXPECT_EQ(photo->format, wanted.format);
  EXPECT_EQ(photo->image.width(), 48);
  EXPECT_EQ(photo->image.height(), 32);
  EXPECT_EQ(photo->full_width, 48);
  EXPECT_EQ(photo->full_height, 32);
  EXPECT_LE(LargestDifference(MiddlesOfQuarters(photo->image), wanted.colours), wanted.tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, DecodePictures,
    testing::Values(PictureCase{"quarters.png", PhotoFormat::kPng}, PictureCase{"quarters.webp", PhotoFormat::kWebp},
                    PictureCase{"quarters.tif", PhotoFormat::kTiff}, PictureCase{"quarters.gif", PhotoFormat::kGif},
                    PictureCase{"quarters.heic", PhotoFormat::kHeic, kQuarters, 2},
                    PictureCase{"turned.heic", PhotoFormat::kHeic, kQuarters, 2},
                    PictureCase{"quarters.avif", PhotoFormat::kAvif, kQuarters, 2},
                    PictureCase{"quarters.jxl", PhotoFormat::kJpegXl}, PictureCase{"animated.gif", PhotoFormat::kGif},
                    PictureCase{"animated.webp", PhotoFormat::kWebp}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::ranges::replace(name, '.', '_');
      return name;
    });

INSTANTIATE_TEST_SUITE_P(Orientations, DecodePictures,
                         testing::Values(PictureCase{"orientation_1.jpg", PhotoFormat::kJpeg, kQuarters, 2},
                                         PictureCase{"orientation_2.jpg", PhotoFormat::kJpeg, kQuarters, 2},
                                         PictureCase{"orientation_3.jpg", PhotoFormat::kJpeg, kQuarters, 2},
                                         PictureCase{"orientation_4.jpg", PhotoFormat::kJpeg, kQuarters, 2},
                                         PictureCase{"orientation_5.jpg", PhotoFormat::kJpeg, kQuarters, 2},
                                         PictureCase{"orientation_6.jpg", PhotoFormat::kJpeg, kQuarters, 2},
                                         PictureCase{"orientation_7.jpg", PhotoFormat::kJpeg, kQuarters, 2},
                                         PictureCase{"orientation_8.jpg", PhotoFormat::kJpeg, kQuarters, 2}));

INSTANTIATE_TEST_SUITE_P(
    Colours, DecodePictures,
    testing::Values(
        PictureCase{"adobe_rgb.jpg", PhotoFormat::kJpeg, kQuarters, 4},
        PictureCase{"display_p3.jpg", PhotoFormat::kJpeg, kQuarters, 4},
        PictureCase{"display_p3.png", PhotoFormat::kPng, kQuarters, 2},
        PictureCase{"srgb_profile.jpg", PhotoFormat::kJpeg, kQuarters, 2},
        // Inks by libvips' own profile, which no naive formula meets; taken for inverted, red would be blue.
        PictureCase{"cmyk.jpg", PhotoFormat::kJpeg, kQuarters, 85},
        PictureCase{"grey.jpg", PhotoFormat::kJpeg, kGrey, 1}, PictureCase{"grey.png", PhotoFormat::kPng, kGrey, 1}));

INSTANTIATE_TEST_SUITE_P(DepthsAndAlpha, DecodePictures,
                         testing::Values(PictureCase{"rgb16.png", PhotoFormat::kPng},
                                         PictureCase{"alpha.png", PhotoFormat::kPng, RightIsWhite(kQuarters)},
                                         PictureCase{"alpha.webp", PhotoFormat::kWebp, RightIsWhite(kQuarters)},
                                         PictureCase{"palette_alpha.png", PhotoFormat::kPng, RightIsWhite(kQuarters)},
                                         PictureCase{"grey_alpha.png", PhotoFormat::kPng, RightIsWhite(kGrey), 1},
                                         PictureCase{"grey_alpha16.png", PhotoFormat::kPng, RightIsWhite(kGrey), 1}));

TEST(DecodePhoto, ReadsTheFactsOfEachContainer) {
  for (const char* name : {"orientation_6.jpg", "quarters.png", "quarters.webp", "quarters.tif", "quarters.heic",
                           "quarters.avif", "quarters.jxl"}) {
    SCOPED_TRACE(name);
    const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData(name), {});
    ASSERT_TRUE(photo.ok());
    EXPECT_EQ(photo->facts.taken_at, "2024-05-01T12:34:56.123+02:00");
    EXPECT_EQ(photo->facts.camera, "Canon EOS R5");
    EXPECT_EQ(photo->facts.lens, "RF24-105mm F4 L IS USM");
    ASSERT_TRUE(photo->facts.gps.has_value());
    EXPECT_NEAR(photo->facts.gps->latitude, 48.8582, 1e-4);
  }
}

TEST(DecodePhoto, ReadsAnOpenFile) {
  const StatusOr<UniqueFd> file = OpenForReading(TestDataPath("orientation_6.jpg"));
  ASSERT_TRUE(file.ok());
  const StatusOr<DecodedPhoto> photo = DecodePhoto(file->get(), {});
  ASSERT_TRUE(photo.ok());
  EXPECT_EQ(photo->facts.orientation, 6);
  EXPECT_EQ(photo->full_width, 48);
}

struct RefusedCase {
  const char* name;
  absl::StatusCode code;
  const char* message;
};

TEST(DecodePhoto, RefusesBetweenHeaderAndPixels) {
  constexpr auto kOverLimit = absl::StatusCode::kResourceExhausted;
  constexpr const char* kHuge = "60000x60000 is 3600000000 pixels, the limit is 600000000 (limits.pixels)";
  for (const RefusedCase& refused :
       {RefusedCase{"huge.png", kOverLimit, kHuge}, RefusedCase{"huge.gif", kOverLimit, kHuge},
        RefusedCase{"huge.tif", kOverLimit, kHuge}, RefusedCase{"huge.jpg", kOverLimit, kHuge},
        RefusedCase{"strip.png", kOverLimit,
                    "2000x4 has one side 500.0 times the other, the limit is 200 "
                    "(limits.aspect_ratio)"},
        RefusedCase{"huge_progressive.jpg", kOverLimit, "904039072 samples from a file of 574 bytes"}}) {
    SCOPED_TRACE(refused.name);
    const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData(refused.name), {});
    EXPECT_EQ(photo.status().code(), refused.code);
    EXPECT_THAT(Message(photo.status()), HasSubstr(refused.message));
  }
}

TEST(DecodePhoto, HoldsEachFormatAgainstTheLimit) {
  for (const char* name : {"photo.jpg", "cmyk.jpg", "quarters.png", "quarters.webp", "quarters.tif", "quarters.gif",
                           "quarters.heic", "quarters.avif", "quarters.jxl", "preview.dng", "sensor.dng"}) {
    SCOPED_TRACE(name);
    const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData(name), {.max_pixels = 1000});
    EXPECT_EQ(photo.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(Message(photo.status()), HasSubstr("the limit is 1000 (limits.pixels)"));
  }
}

TEST(DecodePhoto, RefusesLargeFilesUnread) {
  const DecodeLimits limits = {.max_file_bytes = 100};
  constexpr const char* kMessage = "the limit is 100 (limits.file_bytes)";
  EXPECT_THAT(Message(DecodePhoto(TestData("photo.jpg"), limits).status()), HasSubstr(kMessage));
  const StatusOr<UniqueFd> file = OpenForReading(TestDataPath("photo.jpg"));
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(Message(DecodePhoto(file->get(), limits).status()), HasSubstr(kMessage));
}

TEST(DecodePhoto, SaysWhatIsNoPhoto) {
  EXPECT_THAT(Message(DecodePhoto(std::span<const uint8_t>(), {}).status()), HasSubstr("the file is empty"));
  const std::string text = "Dear diary, this is a text that someone named .jpg";
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  const Status status = DecodePhoto(bytes, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status), HasSubstr("not a photo"));
}

TEST(DecodePhoto, TellsFilesThatAreCutShort) {
  for (const char* name :
       {"photo.jpg", "photo_progressive.jpg", "cmyk.jpg", "adobe_rgb.jpg", "photo_golden.png", "quarters.webp",
        "quarters.tif", "quarters.heic", "quarters.avif", "quarters.jxl", "quarters.gif", "sensor.dng"}) {
    const std::vector<uint8_t> whole = TestData(name);
    for (const std::size_t percent : {20, 50, 90}) {
      SCOPED_TRACE(testing::Message() << name << " cut at " << percent << "%");
      const StatusOr<DecodedPhoto> photo = DecodePhoto(std::span(whole).first(whole.size() * percent / 100), {});
      if (photo.ok()) {
        EXPECT_EQ(photo->format, PhotoFormat::kJpeg);
        EXPECT_TRUE(percent > 20 || std::string_view(name) == "photo_progressive.jpg") << "too little is there";
        EXPECT_THAT(photo->damage, HasSubstr("cut short"));
      } else {
        EXPECT_EQ(photo.status().code(), absl::StatusCode::kInvalidArgument) << Message(photo.status());
      }
    }
  }
}

TEST(DecodePhoto, ShrinksToTheTargetAndNeverEnlarges) {
  for (const char* name : {"photo.jpg", "photo_golden.png"}) {  // both 128x96
    SCOPED_TRACE(name);
    const StatusOr<DecodedPhoto> small = DecodePhoto(TestData(name), {.target_long_side = 64});
    ASSERT_TRUE(small.ok());
    EXPECT_EQ(small->image.width(), 64);
    EXPECT_EQ(small->image.height(), 48);
    EXPECT_EQ(small->full_width, 128);
    const StatusOr<DecodedPhoto> whole = DecodePhoto(TestData(name), {.target_long_side = 500});
    ASSERT_TRUE(whole.ok());
    EXPECT_EQ(whole->image.width(), 128);
  }
}

// As Pillow's Image.open(...).convert("RGB") does.
TEST(DecodePhoto, LeavesPixelsAsStored) {
  const auto decode = [](std::string_view name, bool as_stored) {
    return *DecodePhoto(TestData(name), {.as_stored = as_stored});
  };
  const DecodedPhoto turned = decode("orientation_6.jpg", true);
  EXPECT_EQ(turned.image.width(), decode("orientation_6.jpg", false).image.height());
  EXPECT_EQ(turned.full_width, turned.image.width());
  constexpr Quarters kDisplayP3 = {{{202, 62, 49}, {97, 195, 82}, {43, 62, 201}, {228, 219, 82}}};
  EXPECT_LE(LargestDifference(MiddlesOfQuarters(decode("display_p3.jpg", true).image), kDisplayP3), 1);
  EXPECT_LE(LargestDifference(MiddlesOfQuarters(decode("display_p3.png", true).image), kDisplayP3), 1);
  constexpr Quarters kWithoutAlpha = {{{220, 40, 30}, {0, 0, 0}, {30, 60, 210}, {0, 0, 0}}};
  EXPECT_EQ(MiddlesOfQuarters(decode("alpha.png", true).image), kWithoutAlpha);
  EXPECT_FALSE(decode("cmyk.jpg", true).image.empty());
}

TEST(DecodePhoto, TallPicturesKeepMorePixels) {
  constexpr DecodeLimits kUsual;
  EXPECT_EQ(TargetLongSide(4000, 3000, kUsual), 2000);
  EXPECT_EQ(TargetLongSide(3000, 12000, kUsual), 2000) << "four times as high as wide";
  EXPECT_EQ(TargetLongSide(12000, 1000, kUsual), 2000) << "wide";
  EXPECT_EQ(TargetLongSide(1080, 12000, kUsual), 12000);
  EXPECT_EQ(TargetLongSide(600, 15000, kUsual), 15000);
  const int shrunk = TargetLongSide(2000, 40000, kUsual);
  EXPECT_NEAR(static_cast<double>(shrunk) * shrunk / 20, 16e6, 1e5);
  EXPECT_EQ(TargetLongSide(0, 0, kUsual), 0);
}

TEST(DecodePhoto, DecodesFromManyThreads) {
  std::vector<std::jthread> threads;
  for (const char* name : {"photo.jpg", "quarters.heic", "quarters.png", "cmyk.jpg", "xmp.jpg", "sensor.dng"}) {
    threads.emplace_back([name] {
      const std::vector<uint8_t> file = TestData(name);
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(DecodePhoto(file, {}).ok()) << name;
      }
    });
  }
}

TEST(CanDecode, KnowsWhatIsBuiltIn) {
  for (const PhotoFormat format : {PhotoFormat::kJpeg, PhotoFormat::kPng, PhotoFormat::kWebp, PhotoFormat::kTiff,
                                   PhotoFormat::kGif, PhotoFormat::kRaw}) {
    EXPECT_TRUE(CanDecode(format)) << FormatName(format);
  }
  EXPECT_FALSE(CanDecode(PhotoFormat::kUnknown));
}

}  // namespace
}  // namespace calotype
