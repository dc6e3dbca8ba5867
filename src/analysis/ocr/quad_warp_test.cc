#include "analysis/ocr/quad_warp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace calotype {
namespace {

// The colour of every pixel encodes its position.
Image Map(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* const pixel = image.row(y) + std::ptrdiff_t{3} * x;
      pixel[0] = static_cast<uint8_t>(x);
      pixel[1] = static_cast<uint8_t>(y);
      pixel[2] = static_cast<uint8_t>(x + y);
    }
  }
  return image;
}

void ExpectAt(const Image& image, int x, int y, double column, double row) {
  const uint8_t* const pixel = image.row(y) + std::ptrdiff_t{3} * x;
  EXPECT_NEAR(pixel[0], column, 0.51) << x << ' ' << y;
  EXPECT_NEAR(pixel[1], row, 0.51) << x << ' ' << y;
}

TEST(WarpQuadTest, AHorizontalRectangleIsACrop) {
  const Image flat = WarpQuad(Map(40, 30), {Point{5, 6}, {25, 6}, {25, 16}, {5, 16}}, 20, 10);
  ASSERT_EQ(flat.width(), 20);
  ASSERT_EQ(flat.height(), 10);
  for (int y = 0; y < 10; ++y) {
    for (int x = 0; x < 20; ++x) {
      ASSERT_EQ(flat.row(y)[std::ptrdiff_t{3} * x], 5 + x);
      ASSERT_EQ(flat.row(y)[std::ptrdiff_t{3} * x + 1], 6 + y);
    }
  }
}

TEST(WarpQuadTest, EnlargesBetweenPixels) {
  const Image flat = WarpQuad(Map(40, 30), {Point{5, 6}, {15, 6}, {15, 11}, {5, 11}}, 20, 10);
  ExpectAt(flat, 0, 0, 5, 6);
  ExpectAt(flat, 10, 6, 10, 9);
  ExpectAt(flat, 11, 7, 10.5, 9.5);
}

TEST(WarpQuadTest, FollowsThePerspective) {
  // A trapezium: the centre in perspective lies nearer to the short side.
  const Image flat = WarpQuad(Map(200, 100), {Point{50, 10}, {150, 10}, {190, 90}, {10, 90}}, 100, 80);
  ExpectAt(flat, 0, 0, 50, 10);
  ExpectAt(flat, 50, 0, 100, 10);
  // The diagonals cross at the centre in perspective: at the height h with (h - 10) / (90 - h) = 100 / 180.
  ExpectAt(flat, 50, 40, 100, 10 + 80 * 100.0 / 280);
}

TEST(WarpQuadTest, RepeatsTheEdge) {
  const Image map = Map(40, 30);
  const Image left = WarpQuad(map, {Point{-10, 0}, {10, 0}, {10, 10}, {-10, 10}}, 20, 10);
  ExpectAt(left, 0, 5, 0, 5);
  ExpectAt(left, 15, 5, 5, 5);
  const Image below = WarpQuad(map, {Point{0, 25}, {20, 25}, {20, 45}, {0, 45}}, 20, 20);
  ExpectAt(below, 7, 19, 7, 29);
}

TEST(WarpQuadTest, ADegenerateQuadStillDrawsPixels) {
  const float infinite = std::numeric_limits<float>::infinity();
  const float nan = std::nanf("");
  for (const Quad& quad :
       {Quad{}, Quad{Point{3, 3}, {9, 9}, {3, 3}, {9, 9}}, Quad{Point{nan, 0}, {1, 1}, {2, 5}, {0, 9}},
        Quad{Point{infinite, 0}, {1, 1}, {2, 5}, {0, -infinite}}}) {
    EXPECT_EQ(WarpQuad(Map(10, 10), quad, 4, 3).width(), 4);
  }
}

// What Image.transform of Pillow 13 returns for the same pixels and corners.
TEST(WarpQuadTest, DrawsLikePillow) {
  Image image(40, 30);
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      uint8_t* const pixel = image.row(y) + std::ptrdiff_t{3} * x;
      pixel[0] = static_cast<uint8_t>(x * 37 + y * 91);
      pixel[1] = static_cast<uint8_t>(x * 11 + y * 53);
      pixel[2] = static_cast<uint8_t>(x * x + y);
    }
  }
  const Image flat = WarpQuad(image, {Point{5.25F, 6.5F}, {25.25F, -1.5F}, {27.5F, 17.25F}, {3.75F, 15.5F}}, 20, 10,
                              WarpStyle::kPillow);
  const auto red = [&flat](int y) {
    std::vector<int> values;
    for (int x = 0; x < flat.width(); ++x) {
      values.push_back(flat.row(y)[std::ptrdiff_t{3} * x]);
    }
    return values;
  };
  EXPECT_EQ(red(0),
            (std::vector<int>{183, 112, 10, 42, 144, 231, 130, 56, 163, 28, 54, 204, 84, 135, 0, 128, 78, 116, 32, 0}))
      << "the last pixel is outside";
  EXPECT_EQ(red(4), (std::vector<int>{58,  127, 97,  15,  10,  72,  88,  77, 108, 150,
                                      186, 168, 243, 114, 156, 167, 100, 0,  95,  128}));
  EXPECT_EQ(red(9), (std::vector<int>{233, 209, 123, 65,  105, 140, 112, 74,  121, 197,
                                      253, 28,  66,  108, 152, 227, 1,   144, 103, 92}));
}

TEST(WarpQuadTest, ASideOfZeroGivesAnEmptyImage) {
  EXPECT_TRUE(WarpQuad(Map(10, 10), Quad{}, 0, 10).empty());
  EXPECT_TRUE(WarpQuad(Image(), Quad{}, 10, 10).empty());
}

}  // namespace
}  // namespace calotype
