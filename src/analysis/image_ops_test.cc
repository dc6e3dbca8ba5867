#include "analysis/image_ops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

namespace calotype {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

using Colour = std::array<uint8_t, 3>;

Image Draw(int width, int height, const std::function<Colour(int x, int y)>& colour) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::ranges::copy(colour(x, y), image.row(y) + std::ptrdiff_t{3} * x);
    }
  }
  return image;
}

Image Flat(int width, int height, Colour colour) {
  return Draw(width, height, [colour](int, int) { return colour; });
}

// The colour of every pixel encodes its position.
Image Map(int width, int height) {
  return Draw(width, height, [](int x, int y) {
    return Colour{static_cast<uint8_t>(x), static_cast<uint8_t>(y), static_cast<uint8_t>(x + y)};
  });
}

Colour At(const Image& image, int x, int y) {
  const uint8_t* pixel = image.row(y) + std::ptrdiff_t{3} * x;
  return {pixel[0], pixel[1], pixel[2]};
}

bool Same(const Image& a, const Image& b) {
  return a.width() == b.width() && a.height() == b.height() && std::ranges::equal(a.pixels(), b.pixels());
}

TEST(ResizeTest, ShrinkingAverages) {
  const Image board = Draw(64, 64, [](int x, int y) {
    const uint8_t value = (x + y) % 2 == 0 ? 0 : 200;
    return Colour{value, value, value};
  });
  const Image small = Resize(board, 16, 32);
  EXPECT_EQ(small.width(), 16);
  EXPECT_EQ(small.height(), 32);
  EXPECT_THAT(small.pixels(), Each(100));
}

TEST(ResizeTest, EnlargingInterpolates) {
  const Image two = Draw(2, 1, [](int x, int) { return Colour{static_cast<uint8_t>(100 * x), 0, 0}; });
  const Image four = Resize(two, 4, 1);
  EXPECT_THAT((std::array{At(four, 0, 0)[0], At(four, 1, 0)[0], At(four, 2, 0)[0], At(four, 3, 0)[0]}),
              ElementsAre(0, 25, 75, 100));
}

TEST(ResizeTest, OneSideShrinksWhileTheOtherGrows) {
  const Image stripes = Draw(
      64, 2, [](int x, int y) { return Colour{static_cast<uint8_t>(x % 2 * 200), static_cast<uint8_t>(100 * y), 0}; });
  const Image resized = Resize(stripes, 8, 4);
  EXPECT_EQ(At(resized, 3, 0), (Colour{100, 0, 0}));
  EXPECT_EQ(At(resized, 3, 2), (Colour{100, 75, 0}));
}

TEST(ResizeTest, SameSizeIsACopyAndEmptyStaysEmpty) {
  const Image map = Map(7, 5);
  EXPECT_TRUE(Same(Resize(map, 7, 5), map));
  EXPECT_TRUE(Resize(map, 0, 5).empty());
  EXPECT_TRUE(Resize(Image(), 3, 3).empty());
}

TEST(CropTest, IsClippedToTheImage) {
  const Image map = Map(10, 8);
  const Image inside = Crop(map, 2, 3, 4, 5);
  EXPECT_EQ(inside.width(), 4);
  EXPECT_EQ(inside.height(), 5);
  EXPECT_EQ(At(inside, 0, 0), (Colour{2, 3, 5}));
  EXPECT_EQ(At(inside, 3, 4), (Colour{5, 7, 12}));
  const Image corner = Crop(map, -3, -3, 5, 4);
  EXPECT_EQ(corner.width(), 2);
  EXPECT_EQ(corner.height(), 1);
  EXPECT_TRUE(Crop(map, 10, 0, 3, 3).empty());
  EXPECT_TRUE(Crop(map, 1, 1, -2, 3).empty());
}

TEST(LetterboxTest, KeepsTheAspectRatioAndFillsWithBlack) {
  struct Case {
    int width, height, size;
    int scaled_width, scaled_height;
    float scale;
  };
  for (const Case& c : {Case{200, 100, 50, 50, 25, 0.25F}, Case{30, 60, 120, 60, 120, 2.0F},
                        Case{64, 64, 64, 64, 64, 1.0F}, Case{5000, 3, 100, 100, 1, 0.02F}}) {
    const Letterboxed boxed = Letterbox(Flat(c.width, c.height, {10, 20, 30}), c.size);
    ASSERT_EQ(boxed.image.width(), c.size);
    ASSERT_EQ(boxed.image.height(), c.size);
    EXPECT_FLOAT_EQ(boxed.scale, c.scale);
    EXPECT_EQ(At(boxed.image, c.scaled_width - 1, c.scaled_height - 1), (Colour{10, 20, 30}));
    if (c.scaled_width < c.size) {
      EXPECT_EQ(At(boxed.image, c.scaled_width, 0), (Colour{0, 0, 0}));
    }
    if (c.scaled_height < c.size) {
      EXPECT_EQ(At(boxed.image, 0, c.scaled_height), (Colour{0, 0, 0}));
    }
  }
}

TEST(ToTensorTest, WritesNormalisedPlanes) {
  const std::array<Image, 2> images{Flat(2, 1, {10, 20, 30}), Flat(2, 1, {40, 50, 60})};
  const Tensor tensor = ToTensor(images, {.mean = {0, 10, 20}, .std = {10, 10, 5}});
  EXPECT_THAT(tensor.shape(), ElementsAre(2, 3, 1, 2));
  EXPECT_THAT(tensor.data<float>(), ElementsAre(1, 1, 1, 1, 2, 2, 4, 4, 4, 4, 8, 8));
}

TEST(ToTensorTest, UsesMeansInTheModelsChannelOrder) {
  const Image image = Flat(1, 1, {10, 20, 30});
  const Tensor tensor = ToTensor({&image, 1}, {.mean = {30, 0, 0}, .std = {1, 1, 2}, .bgr = true});
  EXPECT_THAT(tensor.data<float>(), ElementsAre(0, 20, 5));
}

TEST(ToTensorTest, OfNoImagesIsEmpty) { EXPECT_EQ(ToTensor({}, {}).elements(), 0U); }

TEST(FitSimilarityTest, RecoversTheTransform) {
  const Similarity known{.a = 0.6F, .b = -0.8F, .tx = 12, .ty = -7};
  const std::array<Point, 4> from{Point{0, 0}, Point{10, 2}, Point{-3, 8}, Point{5, 5}};
  std::array<Point, 4> to;
  std::ranges::transform(from, to.begin(), [&](const Point& point) { return Apply(known, point); });
  const Similarity found = FitSimilarity(from, to);
  EXPECT_NEAR(found.a, known.a, 1e-5);
  EXPECT_NEAR(found.b, known.b, 1e-5);
  EXPECT_NEAR(found.tx, known.tx, 1e-4);
  EXPECT_NEAR(found.ty, known.ty, 1e-4);
  const Point back = Apply(Inverse(found), to[2]);
  EXPECT_NEAR(back.x, from[2].x, 1e-4);
  EXPECT_NEAR(back.y, from[2].y, 1e-4);
}

TEST(FitSimilarityTest, EqualPointsGiveATranslation) {
  const std::array<Point, 2> from{Point{3, 4}, Point{3, 4}};
  const std::array<Point, 2> to{Point{5, 5}, Point{7, 7}};
  const Point moved = Apply(FitSimilarity(from, to), {3, 4});
  EXPECT_FLOAT_EQ(moved.x, 6);
  EXPECT_FLOAT_EQ(moved.y, 6);
  EXPECT_FLOAT_EQ(Apply(FitSimilarity({}, {}), {1, 2}).y, 2);
}

TEST(WarpSimilarityTest, MovesByWholePixelsExactly) {
  const Image map = Map(20, 20);
  EXPECT_TRUE(Same(WarpSimilarity(map, {}, 20, 20), map));
  const Image moved = WarpSimilarity(map, {.tx = -5, .ty = 3}, 10, 10);
  EXPECT_EQ(At(moved, 0, 3), At(map, 5, 0));
  EXPECT_EQ(At(moved, 9, 9), At(map, 14, 6));
  EXPECT_EQ(At(moved, 0, 2), (Colour{0, 0, 0}));
}

TEST(WarpSimilarityTest, RotatesByAQuarter) {
  const Image map = Map(20, 20);
  // (x, y) -> (20 - y, x)
  const Image turned = WarpSimilarity(map, {.a = 0, .b = 1, .tx = 20, .ty = 0}, 20, 20);
  EXPECT_EQ(At(turned, 19, 0), At(map, 0, 0));
  EXPECT_EQ(At(turned, 0, 19), At(map, 19, 19));
}

TEST(WarpSimilarityTest, ShrinkingFarSkipsNoPixel) {
  const Image board = Draw(403, 301, [](int x, int y) {
    const uint8_t value = (x + y) % 2 == 0 ? 0 : 200;
    return Colour{value, value, value};
  });
  for (const float scale : {0.45F, 0.3F, 0.11F}) {
    const Image small = WarpSimilarity(board, {.a = scale, .b = 0, .tx = 0, .ty = 0}, 20, 20);
    for (int y = 1; y < 19; ++y) {
      for (int x = 1; x < 19; ++x) {
        ASSERT_NEAR(At(small, x, y)[0], 100, 12) << scale;  // 3 x 3 fields hold 4 or 5 white ones
      }
    }
  }
}

TEST(WarpSimilarityTest, ShrinkingKeepsPositions) {
  // A white square whose centre must land where the transform maps it.
  const Image spot = Draw(400, 400, [](int x, int y) {
    return x >= 200 && x < 240 && y >= 100 && y < 140 ? Colour{255, 255, 255} : Colour{0, 0, 0};
  });
  const Image small = WarpSimilarity(spot, {.a = 0.23F, .b = 0, .tx = 0.4F, .ty = -1.3F}, 80, 80);
  double weight = 0;
  double sum_x = 0;
  double sum_y = 0;
  for (int y = 0; y < 80; ++y) {
    for (int x = 0; x < 80; ++x) {
      weight += At(small, x, y)[0];
      sum_x += At(small, x, y)[0] * (x + 0.5);
      sum_y += At(small, x, y)[0] * (y + 0.5);
    }
  }
  EXPECT_NEAR(sum_x / weight, 220 * 0.23 + 0.4, 0.05);
  EXPECT_NEAR(sum_y / weight, 120 * 0.23 - 1.3, 0.05);
}

TEST(WarpSimilarityTest, ExtremeTransformsGiveBlack) {
  const Image map = Map(20, 20);
  for (const Similarity& wild : {Similarity{.a = 0, .b = 0}, Similarity{.a = NAN}, Similarity{.tx = 1e30F},
                                 Similarity{.a = 1e-5F, .tx = 1e9F}, Similarity{.ty = INFINITY}}) {
    EXPECT_THAT(WarpSimilarity(map, wild, 8, 8).pixels(), Each(0));
  }
  EXPECT_THAT(WarpSimilarity(Image(), {}, 4, 4).pixels(), Each(0));
}

}  // namespace
}  // namespace calotype
