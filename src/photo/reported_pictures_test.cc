// Pictures of tests/cases that were shown wrongly or refused before. Each stands for a kind of file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/source_dir.h"
#include "base/temporary_folder.h"
#include "photo/decode.h"
#include "photo/facts_text.h"
#include "photo/photo_reader.h"
#include "photo/png_text.h"
#include "photo/test_data.h"
#include "photo/tiff_samples.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Quarters kGreyQuarters = {{{93, 93, 93}, {136, 136, 136}, {68, 68, 68}, {202, 202, 202}}};

std::filesystem::path PictureCase(std::string_view name) { return SourceDir() / "tests/cases" / name; }

std::vector<uint8_t> PictureBytes(std::string_view name) {
  StatusOr<std::vector<uint8_t>> file = ReadFile(PictureCase(name));
  EXPECT_TRUE(file.ok()) << Message(file.status());
  return file.ok() ? *std::move(file) : std::vector<uint8_t>();
}

StatusOr<DecodedPhoto> DecodeCase(std::string_view name) { return DecodePhoto(PictureBytes(name), {}); }

Quarters QuartersOf(std::string_view name) {
  const StatusOr<DecodedPhoto> photo = DecodeCase(name);
  EXPECT_TRUE(photo.ok()) << name << ": " << Message(photo.status());
  return photo.ok() ? MiddlesOfQuarters(photo->image) : Quarters{};
}

TEST(ReportedPictures, AProfileThatDoesNotFitIsIgnored) {
  for (const char* name : {"grey8_rgbicc", "grey8_p3icc", "grey16_rgbicc", "grey8_white_is_zero_rgbicc",
                           "grey16_white_is_zero", "grey8_alpha_rgbicc"}) {
    EXPECT_LE(LargestDifference(QuartersOf("colour/" + std::string(name) + ".tif"), kGreyQuarters), 1) << name;
  }
}

TEST(ReportedPictures, ExtraSamplesWithoutAMeaningAreIgnored) {
  for (const char* name : {"grey8_extra", "grey8_extra2"}) {
    EXPECT_LE(LargestDifference(QuartersOf("colour/" + std::string(name) + ".tif"), kGreyQuarters), 1) << name;
  }
  for (const char* name : {"rgb8_extra", "rgb8_extra2", "rgb8_extra_p3icc", "rgb16_extra", "rgb8_extra_big_tiff",
                           "rgb8_extra_big_endian", "rgb8_alpha_extra"}) {
    EXPECT_LE(LargestDifference(QuartersOf("colour/" + std::string(name) + ".tif"), kQuarters), 2) << name;
  }
}

TEST(ReportedPictures, InksAreShownAlikeWithAnyFifthChannel) {
  const Quarters inks = QuartersOf("colour/cmyk8.tif");
  EXPECT_LE(LargestDifference(inks, kQuarters), 85) << "libvips' own profile; taken for inverted, red would be blue";
  for (const char* name : {"cmyk8_alpha", "cmyk8_extra", "cmyk16_alpha"}) {
    EXPECT_LE(LargestDifference(QuartersOf("colour/" + std::string(name) + ".tif"), inks), 2) << name;
  }
}

TEST(ReportedPictures, FloatingPointSamplesAreLinearUnlessAProfileSaysOtherwise) {
  for (const char* name : {"rgb_float", "rgb_float_srgbicc", "rgb_float_p3icc", "rgb_float_alpha_srgbicc"}) {
    EXPECT_LE(LargestDifference(QuartersOf("colour/" + std::string(name) + ".tif"), kQuarters), 2) << name;
  }
}

TEST(ReportedPictures, FloatingPointSamplesOfUnknownRangeAreNamed) {
  for (const char* name : {"colour/grey_float.tif", "colour/rgb_half.tif"}) {
    const StatusOr<DecodedPhoto> photo = DecodeCase(name);
    if (photo.ok() && name == std::string_view("colour/rgb_half.tif")) {
      continue;  // libvips 8.16 reads it, as linear: float_half.tif of the zoo
    }
    EXPECT_EQ(photo.status().code(), absl::StatusCode::kUnimplemented) << name;
    EXPECT_EQ(Message(photo.status()), "not supported: floating-point samples") << name;
  }
}

// The brightness of the background, at a corner, and of the text, which is farthest from it.
struct Contrast {
  int background = 0;
  int text = 0;
};

Contrast ContrastOf(std::string_view name) {
  const StatusOr<DecodedPhoto> photo = DecodeCase(name);
  EXPECT_TRUE(photo.ok()) << Message(photo.status());
  Contrast found{.background = photo->image.pixels()[0]};
  found.text = found.background;
  for (const int sample : photo->image.pixels()) {
    found.text = std::abs(sample - found.background) > std::abs(found.text - found.background) ? sample : found.text;
  }
  return found;
}

TEST(ReportedPictures, TextOnATransparentBackgroundStandsOut) {
  const Contrast white = ContrastOf("colour/white_text.png");
  EXPECT_EQ(white.text, 255);
  EXPECT_LT(white.background, 100);
  const Contrast black = ContrastOf("colour/black_text.png");
  EXPECT_EQ(black.text, 0);
  EXPECT_EQ(black.background, 255);
}

TEST(ReportedPictures, TheRestOfADamagedJpegIsShown) {
  for (const char* name : {"damaged/last_200_bytes_gone.jpg", "damaged/progressive_last_scan_cut.jpg"}) {
    const StatusOr<DecodedPhoto> photo = DecodeCase(name);
    ASSERT_TRUE(photo.ok()) << Message(photo.status());
    EXPECT_THAT(photo->damage, HasSubstr("cut short"));
    EXPECT_FALSE(photo->facts.taken_at.empty());
    EXPECT_FALSE(photo->facts.camera.empty());
    EXPECT_TRUE(photo->facts.gps.has_value());
  }
  EXPECT_THAT(DecodePhoto(TestData("photo.jpg"), {})->damage, IsEmpty());
}

TEST(ReportedPictures, TheMissingRowsAreGrey) {
  const StatusOr<DecodedPhoto> whole = DecodePhoto(TestData("photo.jpg"), {});
  const std::vector<uint8_t> file = TestData("photo.jpg");
  const StatusOr<DecodedPhoto> cut = DecodePhoto(std::span(file).first(file.size() * 8 / 10), {});
  ASSERT_TRUE(whole.ok() && cut.ok()) << Message(cut.status());
  EXPECT_TRUE(std::equal(cut->image.row(0), cut->image.row(20), whole->image.row(0))) << "what is there is unchanged";
  EXPECT_EQ(*cut->image.row(cut->image.height() - 1), 128);
}

TEST(ReportedPictures, TheFactsOfUnreadablePixelsAreKept) {
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  const std::vector<uint8_t> file = PictureBytes("damaged/last_200_bytes_gone.jpg");
  const std::filesystem::path path = folder->path() / "cut.jpg";
  ASSERT_TRUE(WriteFileAtomically(path, std::span(file).first(file.size() / 4)).ok());
  const StatusOr<UniqueFd> open = OpenForReading(path);
  const auto reader = CreateInProcessReader();
  EXPECT_EQ(reader->Decode({.photo = open->get()}).status().code(), absl::StatusCode::kInvalidArgument);
  const StatusOr<FactsAnswer> answer = reader->ReadFacts({.photo = open->get()});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->format, PhotoFormat::kJpeg);
  EXPECT_FALSE(answer->facts.taken_at.empty());
}

TEST(ReportedPictures, TextChunksOfPngHoldFacts) {
  EXPECT_EQ(DecodeCase("png/raw_profile_APP1.png")->facts.taken_at, "2011-07-19T11:36:38");
  EXPECT_EQ(DecodeCase("png/creation_time.png")->facts.taken_at, "2019-03-04T05:06:07");
}

TEST(ReportedPictures, ABlockOfTheFileComesBeforeARawProfile) {
  const std::vector<PngText> texts = {{"Raw profile type exif", "\nexif\n  4\n45786966\n"},
                                      {"Creation Time", "Mon, 04 Mar 2019 05:06:07 +0100"},
                                      {"Raw profile type xmp", "no profile"}};
  EXPECT_EQ(ReadPngFacts({}, {}, texts, {}).taken_at, "2019-03-04T05:06:07+01:00");
  EXPECT_EQ(DecodePhoto(TestData("quarters.png"), {})->facts.taken_at, "2024-05-01T12:34:56.123+02:00");
}

TEST(ReportedPictures, DatesOfPng) {
  EXPECT_EQ(IsoFromPng("Mon, 04 Mar 2019 05:06:07 GMT"), "2019-03-04T05:06:07+00:00");
  EXPECT_EQ(IsoFromPng("4 Mar 2019 05:06:07"), "2019-03-04T05:06:07");
  EXPECT_EQ(IsoFromPng("2019-03-04T05:06:07Z"), "2019-03-04T05:06:07+00:00");
  EXPECT_EQ(IsoFromPng("yesterday"), "");
  EXPECT_EQ(IsoFromPng("Mon, 31 Feb 2019 05:06:07"), "");
  EXPECT_EQ(IsoFromPng(""), "");
}

TEST(ReportedPictures, TheStillOfAnAnimatedAvifIsShown) {
  if (!CanDecode(PhotoFormat::kAvif)) {
    GTEST_SKIP() << "no AVIF here";
  }
  const StatusOr<DecodedPhoto> still = DecodeCase("heif/seq.avif");
  ASSERT_TRUE(still.ok()) << Message(still.status());
  EXPECT_EQ(still->full_width, 320);
  const Status none = DecodeCase("heif/no_still.avif").status();
  EXPECT_EQ(none.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Message(none), "not supported: an animated AVIF without a still picture");
}

TEST(TiffSamples, AreReadFromAnyBytes) {
  EXPECT_FALSE(ReadTiffSamples({}).has_alpha);
  const std::vector<uint8_t> whole = PictureBytes("colour/rgb8_alpha_extra.tif");
  EXPECT_TRUE(ReadTiffSamples(whole).has_alpha);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ReadTiffSamples(std::span(whole).first(size));
  }
  EXPECT_TRUE(ReadTiffSamples(PictureBytes("colour/rgb_half.tif")).is_float);
  EXPECT_FALSE(ReadTiffSamples(PictureBytes("colour/rgb8_extra_big_tiff.tif")).has_alpha);
}

TEST(UnreadableFacts, NamesEachKindOnce) {
  const auto kinds = [](std::string_view properties) {
    const std::string packet =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:xmp='http://ns.adobe.com/xap/1.0/' " +
        std::string(properties) + "/></rdf:RDF></x:xmpmeta>";
    return ReadPngFacts({}, std::span(reinterpret_cast<const uint8_t*>(packet.data()), packet.size()), {}, {})
        .unreadable;
  };
  EXPECT_THAT(kinds("exif:GPSLatitude='95,0N' exif:GPSLongitude='16,0E'"), ElementsAre("position"));
  EXPECT_THAT(kinds("exif:GPSLatitude='48.5' exif:GPSLongitude='16.5'"), ElementsAre("position")) << "no reference";
  EXPECT_THAT(kinds("exif:GPSLatitude='0,0N' exif:GPSLongitude='0,0E'"), IsEmpty()) << "no satellites";
  EXPECT_THAT(kinds("exif:DateTimeOriginal='2024-02-31' xmp:CreateDate='soon'"), ElementsAre("date"));
  EXPECT_THAT(kinds("exif:DateTimeOriginal='0000-00-00T00:00:00'"), IsEmpty());
  EXPECT_THAT(kinds("xmp:Rating='many'"), ElementsAre("rating"));
  EXPECT_THAT(kinds("xmp:Rating='3' xmp:CreateDate='2024-02-01'"), IsEmpty());
  constexpr std::string_view kBroken = "<x:xmpmeta";
  const std::span broken(reinterpret_cast<const uint8_t*>(kBroken.data()), kBroken.size());
  EXPECT_THAT(ReadPngFacts(broken, broken, {}, {}).unreadable, ElementsAre("EXIF", "XMP"));
}

}  // namespace
}  // namespace calotype
