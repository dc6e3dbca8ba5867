#include "analysis/embed/image_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

namespace calotype {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Red increases from 0 at the left to 255 at the right, green from top to bottom.
Image Gradient(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* const pixel = image.row(y) + std::ptrdiff_t{3} * x;
      pixel[0] = static_cast<uint8_t>(255 * x / std::max(1, width - 1));
      pixel[1] = static_cast<uint8_t>(255 * y / std::max(1, height - 1));
      pixel[2] = 0;
    }
  }
  return image;
}

struct SquareCase {
  int width, height;
  float left, right;  // share of the photo's width at which the square begins and ends
  float top, bottom;
};

class CentreSquareTest : public testing::TestWithParam<SquareCase> {};

TEST_P(CentreSquareTest, TakesTheCentre) {
  const SquareCase& c = GetParam();
  const Image square = CentreSquare(Gradient(c.width, c.height), 256, 224);
  ASSERT_EQ(square.width(), 224);
  ASSERT_EQ(square.height(), 224);
  constexpr float kTolerance = 4;  // of 255: half a pixel of the smallest photo and rounding
  EXPECT_NEAR(square.row(112)[0], 255 * c.left, kTolerance);
  EXPECT_NEAR(square.row(112)[std::ptrdiff_t{3} * 223], 255 * c.right, kTolerance);
  EXPECT_NEAR(square.row(0)[1], 255 * c.top, kTolerance);
  EXPECT_NEAR(square.row(223)[1], 255 * c.bottom, kTolerance);
}

constexpr float kEdge = 16.0F / 256;  // the part of the short side that the crop removes at each end

INSTANTIATE_TEST_SUITE_P(
    Shapes, CentreSquareTest,
    testing::Values(SquareCase{256, 256, kEdge, 1 - kEdge, kEdge, 1 - kEdge},
                    SquareCase{512, 256, .5F - 112.F / 512, .5F + 112.F / 512, kEdge, 1 - kEdge},
                    SquareCase{600, 1200, kEdge, 1 - kEdge, .5F - 112.F / 512, .5F + 112.F / 512},
                    SquareCase{100, 75, .5F - 112.F / 341, .5F + 112.F / 341, kEdge, 1 - kEdge},
                    SquareCase{1990, 300, .5F - 112.F / 1698, .5F + 112.F / 1698, kEdge, 1 - kEdge},
                    SquareCase{2000, 300, .5F - 112.F / 1707, .5F + 112.F / 1707, kEdge, 1 - kEdge}));

TEST(CentreSquareTest, ScalesNoMoreOfALongPhotoThanItKeeps) {
  // Scaling all of it would take 15 GB.
  const Image square = CentreSquare(Gradient(20000, 1), 256, 224);
  EXPECT_EQ(square.width(), 224);
  EXPECT_EQ(square.height(), 224);
  EXPECT_NEAR(square.row(100)[std::ptrdiff_t{3} * 100], 127, 2);
}

TEST(CentreSquareTest, AnEmptyImageStaysEmpty) { EXPECT_TRUE(CentreSquare(Image(), 256, 224).empty()); }

TEST(TagsAboveTest, LikeliestFirst) {
  const std::vector<std::string> labels = {"cat", "dog", "cup", "sea"};
  const auto tags = TagsAbove(std::vector<float>{0.3F, 0.1F, 0.5F, 0.29F}, labels, 0.3F);
  ASSERT_THAT(tags, SizeIs(2));
  EXPECT_EQ(tags[0].label, "cup");
  EXPECT_FLOAT_EQ(tags[0].score, 0.5F);
  EXPECT_EQ(tags[1].label, "cat");
  EXPECT_THAT(TagsAbove({}, labels, 0), IsEmpty());
}

}  // namespace
}  // namespace calotype
