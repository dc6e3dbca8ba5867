#include "analysis/draw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/geometry.h"

namespace calotype {
namespace {

constexpr Colour kRed{.red = 255, .green = 0, .blue = 0};
constexpr int kSize = 18;

Image White(int width, int height) {
  Image image(width, height);
  std::ranges::fill(image.pixels(), uint8_t{255});
  return image;
}

// The smallest box with all pixels that are not white; of negative size if all are.
Box Painted(const Image& image) {
  int left = image.width();
  int top = image.height();
  int right = 0;
  int bottom = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const uint8_t* pixel = image.row(y) + std::ptrdiff_t{Image::kChannels} * x;
      if (std::any_of(pixel, pixel + Image::kChannels, [](uint8_t value) { return value != 255; })) {
        left = std::min(left, x);
        top = std::min(top, y);
        right = std::max(right, x + 1);
        bottom = std::max(bottom, y + 1);
      }
    }
  }
  return {static_cast<float>(left), static_cast<float>(top), static_cast<float>(right - left),
          static_cast<float>(bottom - top)};
}

Box CaptionAt(const Point& at, std::string_view caption) {
  Image image = White(600, 400);
  DrawCaption(image, at, kRed, caption, kSize);
  return Painted(image);
}

TEST(DrawTest, ACaptionStandsAboveItsPoint) {
  const Box box = CaptionAt({100, 200}, "Zoë");
  EXPECT_EQ(box.x, 100);
  EXPECT_EQ(box.y + box.height, 200);
  EXPECT_EQ(box.height, static_cast<float>(CaptionHeight(kSize)));
  EXPECT_GT(CaptionAt({100, 200}, "Zoë Zoë").width, box.width);
}

TEST(DrawTest, ACaptionStaysInTheImage) {
  for (const Point& at : {Point{-50, -50}, Point{590, 5}, Point{590, 700}}) {
    const Box box = CaptionAt(at, "Zoë");
    const Box whole = CaptionAt({100, 200}, "Zoë");
    EXPECT_EQ(box.width, whole.width) << at.x;
    EXPECT_EQ(box.height, whole.height) << at.x;
  }
  const Box long_one = CaptionAt({100, 200}, std::string(500, 'x'));
  EXPECT_EQ(long_one.width, 600) << "cut by the edge";
}

TEST(DrawTest, ALabelIsCutToItsBox) {
  const Box box{.x = 50, .y = 50, .width = 120, .height = 30};
  const auto label = [&box](std::string_view text) {
    Image image = White(300, 200);
    DrawLabel(image, box, kRed, text, kSize);
    return Painted(image);
  };
  for (const char* text :
       {"Zoë", "田中 田中 田中 田中 田中 田中 田中", "a very long name of a person from somewhere"}) {
    const Box painted = label(text);
    EXPECT_GT(painted.width, 20) << text;
    EXPECT_GE(painted.x, box.x) << text;
    EXPECT_LE(painted.x + painted.width, box.x + box.width) << text;
    EXPECT_GE(painted.y, box.y) << text;
    EXPECT_LE(painted.y + painted.height, box.y + box.height) << text;
  }
  const Box small = label("i");
  EXPECT_NEAR(small.x + small.width / 2, 110, 2) << "in the middle";
}

TEST(DrawTest, ABoxWithoutRoomShowsNothingOutsideOfTheImage) {
  Image image = White(20, 20);
  DrawLabel(image, {.x = 5, .y = 5, .width = 0, .height = 10}, kRed, "Zoë", kSize);
  DrawLabel(image, {.x = 500, .y = -90, .width = 50, .height = 10}, kRed, "Zoë", kSize);
  DrawCaption(image, {5, 5}, kRed, "", kSize);
  EXPECT_LT(Painted(image).width, 0);
}

}  // namespace
}  // namespace calotype
