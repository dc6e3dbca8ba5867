// Tests MatchPictures() on the samples and on the cases of tests/cases.
#include "search/picture_match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "analysis/image_ops.h"
#include "base/file.h"
#include "base/source_dir.h"
#include "photo/decode.h"
#include "photo/encode.h"
#include "photo/orient.h"

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

Image Scaled(const Image& image, double scale) {
  return Resize(image, static_cast<int>(std::lround(image.width() * scale)),
                static_cast<int>(std::lround(image.height() * scale)));
}

// Applies `change` to each channel of each pixel.
template <typename Change>
Image Changed(const Image& image, Change change) {
  Image changed = image.Clone();
  for (std::size_t i = 0; i < changed.pixels().size(); i += 3) {
    change(&changed.pixels()[i]);
  }
  return changed;
}

Picture PictureOf(Image image) {
  const int width = image.width();
  const int height = image.height();
  return MakePicture(std::move(image), width, height, 1);
}

PictureMatch Match(const Image& keeper, const Image& copy, PdqTurn turn = PdqTurn::kNone, bool fine = false) {
  return MatchPictures(PictureOf(keeper.Clone()), turn, PictureOf(copy.Clone()), fine);
}

constexpr const char* kPhotos[] = {"samples/robin.jpg", "samples/astronaut.png", "samples/old_town.jpg",
                                   "samples/flower.jpg", "samples/sign_no_parking.jpg"};

TEST(PictureMatchTest, CopiesMatch) {
  for (const char* path : kPhotos) {
    const Image photo = Load(path);
    EXPECT_TRUE(Match(photo, photo).is_copy) << path;
    EXPECT_TRUE(Match(photo, Compressed(photo, 30)).is_copy) << path;
    EXPECT_TRUE(Match(photo, Compressed(Scaled(photo, 0.5), 75)).is_copy) << path;
    EXPECT_TRUE(Match(photo, Compressed(Scaled(photo, 1.0 / 7), 75)).is_copy) << path;
    const Image darker = Changed(photo, [](uint8_t* rgb) {
      std::transform(rgb, rgb + 3, rgb, [](uint8_t value) { return static_cast<uint8_t>(value * 0.75); });
    });
    EXPECT_TRUE(Match(photo, Compressed(darker, 80)).is_copy) << path;
    EXPECT_FALSE(Match(photo, darker).lost_colour) << path;
  }
}

// What is brightest is cut off, so the colours of the brightest parts change.
TEST(PictureMatchTest, BrightenedCopiesMatch) {
  for (const char* path : kPhotos) {
    const Image photo = Load(path);
    for (const double factor : {1.15, 1.3}) {
      const Image brighter = Changed(photo, [factor](uint8_t* rgb) {
        std::transform(rgb, rgb + 3, rgb,
                       [factor](uint8_t value) { return static_cast<uint8_t>(std::min(255.0, value * factor)); });
      });
      EXPECT_TRUE(Match(photo, Compressed(brighter, 88)).is_copy) << path << " " << factor;
    }
  }
}

TEST(PictureMatchTest, TurnedCopiesMatchAtTheirTurn) {
  const Image photo = Load("samples/robin.jpg");
  const std::pair<PdqTurn, int> turns[] = {{PdqTurn::kMirrored, 2},           {PdqTurn::kUpsideDown, 3},
                                           {PdqTurn::kMirroredUpsideDown, 4}, {PdqTurn::kMirroredTurnedRight, 5},
                                           {PdqTurn::kTurnedRight, 6},        {PdqTurn::kMirroredTurnedLeft, 7},
                                           {PdqTurn::kTurnedLeft, 8}};
  for (const auto& [turn, orientation] : turns) {
    const Image turned = Compressed(Upright(photo.Clone(), orientation), 80);
    EXPECT_TRUE(Match(photo, turned, turn).is_copy) << PdqTurnName(turn);
    EXPECT_FALSE(Match(photo, turned, PdqTurn::kNone).is_copy) << PdqTurnName(turn);
  }
}

TEST(PictureMatchTest, OtherProportionsDoNotMatch) {
  const Image photo = Load("samples/robin.jpg");
  EXPECT_FALSE(Match(photo, Resize(photo, photo.width(), photo.height() * 9 / 10)).is_copy);
}

TEST(PictureMatchTest, AMovedOrEnlargedPictureDoesNotMatch) {
  for (const char* path : kPhotos) {
    const Image photo = Load(path);
    const int side = photo.width() / 60;
    const Image part = Crop(photo, side, side * photo.height() / photo.width(), photo.width() - 2 * side,
                            photo.height() - 2 * side * photo.height() / photo.width());
    EXPECT_FALSE(Match(photo, Resize(part, photo.width(), photo.height())).is_copy) << path;
  }
}

TEST(PictureMatchTest, ExchangedColoursDoNotMatch) {
  for (const char* path : {"samples/robin.jpg", "samples/astronaut.png", "samples/flower.jpg"}) {
    const Image photo = Load(path);
    EXPECT_FALSE(Match(photo, Changed(photo, [](uint8_t* rgb) { std::swap(rgb[0], rgb[2]); })).is_copy) << path;
    EXPECT_FALSE(Match(photo, Changed(photo, [](uint8_t* rgb) { std::rotate(rgb, rgb + 1, rgb + 3); })).is_copy)
        << path;
  }
}

TEST(PictureMatchTest, AGreyVersionIsACopyOfTheColouredOneOnly) {
  const Image colour = Load("tests/cases/colour-copies/colour.jpg");
  const Image grey = Load("tests/cases/colour-copies/grey.jpg");
  EXPECT_TRUE(PictureOf(grey.Clone()).is_grey);
  EXPECT_FALSE(PictureOf(colour.Clone()).is_grey);
  const PictureMatch match = Match(colour, grey);
  EXPECT_TRUE(match.is_copy && match.lost_colour);
  EXPECT_FALSE(Match(grey, colour).is_copy);
}

TEST(PictureMatchTest, DocumentsOfOneLayoutDoNotMatch) {
  const std::string folder = "tests/cases/documents/";
  const std::pair<const char*, const char*> pairs[] = {{"form0.png", "form1.png"},
                                                       {"form0.png", "form2.png"},
                                                       {"form1.png", "form2.png"},
                                                       {"invoice0.png", "invoice1.png"}};
  for (const auto& [one, other] : pairs) {
    const Image first = Load(folder + one);
    const Image second = Load(folder + other);
    for (const bool fine : {false, true}) {
      EXPECT_FALSE(Match(first, second, PdqTurn::kNone, fine).is_copy) << one << other;
      EXPECT_FALSE(Match(second, first, PdqTurn::kNone, fine).is_copy) << one << other;
      EXPECT_FALSE(Match(first, Compressed(Scaled(second, 0.25), 80), PdqTurn::kNone, fine).is_copy) << one << other;
      EXPECT_TRUE(Match(first, Compressed(Scaled(first, 0.5), 80), PdqTurn::kNone, fine).is_copy) << one;
      EXPECT_TRUE(Match(first, Compressed(first, 50), PdqTurn::kNone, fine).is_copy) << one;
    }
  }
}

TEST(PictureMatchTest, TooSmallPicturesAreNotJudged) {
  const Image photo = Load("samples/robin.jpg");
  EXPECT_FALSE(Match(photo, Resize(photo, 20, 20 * photo.height() / photo.width())).is_copy);
}

}  // namespace
}  // namespace calotype
