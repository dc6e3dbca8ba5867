// Tests FindCrop(), AlignCrop() and CheckCrop() on the samples and on the cases of tests/cases.
#include "search/crop_match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "analysis/image_ops.h"
#include "base/file.h"
#include "base/source_dir.h"
#include "photo/decode.h"
#include "photo/encode.h"

namespace calotype {
namespace {

Image Decode(std::span<const uint8_t> file) {
  StatusOr<DecodedPhoto> photo = DecodePhoto(file, {});
  EXPECT_TRUE(photo.ok()) << photo.status();
  return photo.ok() ? std::move(photo->image) : Image();
}

Image Load(const std::string& path) {
  const StatusOr<std::vector<uint8_t>> file = ReadFile(SourceDir() / path);
  EXPECT_TRUE(file.ok()) << path;
  return file.ok() ? Decode(*file) : Image();
}

Image Compressed(const Image& image, int quality) { return Decode(*EncodeJpeg(image, quality)); }

Picture PictureOf(const Image& image, int side = kPictureSide) {
  return MakePicture(image.Clone(), image.width(), image.height(), 1, side);
}

// All three steps, as FindCrops() takes them.
std::optional<CropMatch> Match(const Image& whole, const Image& crop, bool fine = false) {
  const Picture large = PictureOf(whole);
  const Picture small = PictureOf(crop);
  std::optional<CropMatch> best;
  for (const PicturePart& place : FindCrop(MakeThumbnail(large), MakeThumbnail(small))) {
    const auto match = AlignCrop(large, small, place);
    if (match.has_value() && (!best.has_value() || match->correlation > best->correlation)) {
      best = match;
    }
  }
  if (!best.has_value()) {
    return std::nullopt;
  }
  return CheckCrop(PictureOf(whole, SideToCheck(large, small, best->part, fine)), small, best->part, fine);
}

// The part of `image` at these shares of its sides.
Image Part(const Image& image, const PicturePart& part) {
  return Crop(image, static_cast<int>(part.x * image.width()), static_cast<int>(part.y * image.height()),
              static_cast<int>(part.width * image.width()), static_cast<int>(part.height * image.height()));
}

constexpr const char* kPhotos[] = {"samples/robin.jpg", "samples/astronaut.png", "samples/old_town.jpg",
                                   "samples/flower.jpg", "samples/sign_no_parking.jpg"};
constexpr PicturePart kParts[] = {{.x = 0.1, .y = 0.05, .width = 0.85, .height = 0.9},
                                  {.x = 0, .y = 0.12, .width = 1, .height = 0.75},
                                  {.x = 0.21, .y = 0.3, .width = 0.6, .height = 0.6},
                                  {.x = 0.33, .y = 0.25, .width = 0.45, .height = 0.5}};

TEST(CropMatchTest, CropsAreFoundAtTheirPlace) {
  for (const char* path : kPhotos) {
    const Image photo = Load(path);
    for (const PicturePart& part : kParts) {
      const Image crop = Part(photo, part);
      const Image half = Resize(crop, crop.width() / 2, crop.height() / 2);
      const std::pair<const char*, Image> versions[] = {
          {"as it is", crop.Clone()}, {"compressed", Compressed(crop, 60)}, {"half the size", Compressed(half, 80)}};
      for (const auto& [name, version] : versions) {
        const auto match = Match(photo, version);
        ASSERT_TRUE(match.has_value()) << path << " " << part.width << " " << name;
        const double pixel = 1.5 / std::min(photo.width(), photo.height());
        EXPECT_NEAR(match->part.x, part.x, pixel) << path << " " << name;
        EXPECT_NEAR(match->part.y, part.y, pixel) << path << " " << name;
        EXPECT_NEAR(match->part.width, part.width, 2 * pixel) << path << " " << name;
        EXPECT_NEAR(match->part.height, part.height, 2 * pixel) << path << " " << name;
      }
    }
  }
}

TEST(CropMatchTest, BrighterAndGreyCropsAreFound) {
  const Image photo = Load("samples/old_town.jpg");
  Image crop = Part(photo, kParts[2]);
  Image grey = crop.Clone();
  std::ranges::transform(crop.pixels(), crop.pixels().begin(),
                         [](uint8_t v) { return static_cast<uint8_t>(std::min(255.0, v * 1.15 + 8)); });
  EXPECT_TRUE(Match(photo, Compressed(crop, 80)).has_value());
  for (std::size_t i = 0; i < grey.pixels().size(); i += 3) {
    uint8_t* rgb = &grey.pixels()[i];
    std::fill_n(rgb, 3, static_cast<uint8_t>(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]));
  }
  EXPECT_TRUE(Match(photo, Compressed(grey, 80)).has_value());
}

TEST(CropMatchTest, OtherPicturesAreNoCrops) {
  for (const char* path : kPhotos) {
    const Image photo = Load(path);
    const Image crop = Part(photo, kParts[2]);
    for (const char* other : kPhotos) {
      EXPECT_TRUE(path == other || !Match(Load(other), crop).has_value()) << path << " in " << other;
    }
    Image exchanged = crop.Clone();
    for (std::size_t i = 0; i < exchanged.pixels().size(); i += 3) {
      std::swap(exchanged.pixels()[i], exchanged.pixels()[i + 2]);
    }
    EXPECT_TRUE(std::string(path).ends_with("sign_no_parking.jpg") || !Match(photo, exchanged).has_value()) << path;
    Image covered = crop.Clone();
    for (int y = 10; y < 10 + crop.height() / 6; ++y) {
      std::fill_n(covered.row(y) + 30, 3 * (crop.width() / 5), uint8_t{250});
    }
    EXPECT_FALSE(Match(photo, covered).has_value()) << path;
    EXPECT_FALSE(Match(photo, Resize(crop, crop.width(), crop.height() * 9 / 10)).has_value()) << path;
  }
}

TEST(CropMatchTest, AnEnlargedCropShowsMoreThanItsPart) {
  const Image photo = Load("samples/old_town.jpg");
  const Image crop = Part(photo, kParts[3]);
  EXPECT_FALSE(Match(photo, Resize(crop, crop.width() * 3 / 2, crop.height() * 3 / 2)).has_value());
  EXPECT_FALSE(Match(photo, photo).has_value()) << "all of it is no crop";
}

TEST(CropMatchTest, PartsOfOtherDocumentsAreNoCrops) {
  const std::string folder = "tests/cases/documents/";
  const PicturePart half = {.x = 0, .y = 0.03, .width = 1, .height = 0.6};
  for (const auto& [one, other] : {std::pair("form0.png", "form1.png"), std::pair("invoice0.png", "invoice1.png")}) {
    const Image document = Load(folder + one);
    for (const bool fine : {false, true}) {
      EXPECT_TRUE(Match(document, Part(document, half), fine).has_value()) << one;
      EXPECT_FALSE(Match(Load(folder + other), Part(document, half), fine).has_value()) << one << " in " << other;
    }
  }
}

}  // namespace
}  // namespace calotype
