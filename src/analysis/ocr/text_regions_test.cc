#include "analysis/ocr/text_regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace calotype {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr PixelSize kMap{64, 48};

// A map with `value` in [left, right) x [top, bottom).
struct Block {
  int left, top, right, bottom;
  float value = 0.9F;
};
std::vector<float> MapOf(const std::vector<Block>& blocks) {
  std::vector<float> map(static_cast<std::size_t>(kMap.width) * kMap.height, 0.0F);
  for (const Block& block : blocks) {
    for (int y = block.top; y < block.bottom; ++y) {
      for (int x = block.left; x < block.right; ++x) {
        map[static_cast<std::size_t>(y) * kMap.width + x] = block.value;
      }
    }
  }
  return map;
}

std::vector<TextRegion> Find(const std::vector<Block>& blocks, const RegionOptions& options = {.dilation = false},
                             PixelSize picture = kMap) {
  return FindTextRegions(MapOf(blocks), kMap, picture, options).value();
}

void ExpectQuad(const Quad& quad, const Quad& expected, float tolerance) {
  for (std::size_t i = 0; i < quad.size(); ++i) {
    EXPECT_NEAR(quad[i].x, expected[i].x, tolerance) << "corner " << i;
    EXPECT_NEAR(quad[i].y, expected[i].y, tolerance) << "corner " << i;
  }
}

TEST(FindTextRegionsTest, EnlargesALineByItsUnclipDistance) {
  // Pixel centres 20..39 x 20..25: 19 x 5, so the distance is 19 * 5 * 1.6 / 48 = 3.17, truncated to 3.
  const auto regions = Find({{20, 20, 40, 26}});
  ASSERT_THAT(regions, SizeIs(1));
  ExpectQuad(regions[0].quad, {Point{17, 17}, {42, 17}, {42, 28}, {17, 28}}, 1);
  EXPECT_NEAR(regions[0].score, 0.9F, 1e-5F);
}

TEST(FindTextRegionsTest, EnlargesTheRectangleItselfOnRequest) {
  // The distance of 3.17 is not truncated: ten pixels of the picture for each of the map show it.
  const auto regions = Find({{20, 20, 40, 26}}, {.dilation = false, .exact_growth = true}, {640, 480});
  ASSERT_THAT(regions, SizeIs(1));
  ExpectQuad(regions[0].quad, {Point{168, 168}, {422, 168}, {422, 282}, {168, 282}}, 0);
}

TEST(FindTextRegionsTest, ScalesToThePictureAndClipsToIt) {
  const auto regions = Find({{0, 0, 30, 8}}, {.dilation = false}, {640, 240});
  ASSERT_THAT(regions, SizeIs(1));
  ExpectQuad(regions[0].quad, {Point{0, 0}, {330, 0}, {330, 55}, {0, 55}}, 15);
  const auto whole = Find({{0, 0, 64, 48}}, {}, {640, 240});
  ASSERT_THAT(whole, SizeIs(1));
  ExpectQuad(whole[0].quad, {Point{0, 0}, {639, 0}, {639, 239}, {0, 239}}, 0);
}

TEST(FindTextRegionsTest, DropsFaintSmallAndUnlikelyRegions) {
  EXPECT_THAT(Find({{20, 20, 40, 26, 0.29F}}), IsEmpty());
  EXPECT_THAT(Find({{20, 20, 40, 26, 0.45F}}), IsEmpty());
  EXPECT_THAT(Find({{20, 20, 40, 23}}), IsEmpty());  // 2 from centre to centre
  EXPECT_THAT(Find({{20, 20, 40, 24}}), SizeIs(1));
  EXPECT_THAT(Find({}), IsEmpty());
  EXPECT_THAT(Find({{20, 20, 40, 26, std::numeric_limits<float>::quiet_NaN()}}), IsEmpty());
  EXPECT_THAT(Find({{20, 20, 40, 26, std::numeric_limits<float>::infinity()}}), SizeIs(1));
}

TEST(FindTextRegionsTest, DilationJoinsNeighbouringSpots) {
  const std::vector<Block> specks = {{10, 20, 20, 26}, {21, 20, 31, 26}};
  EXPECT_THAT(Find(specks, {.dilation = false}), SizeIs(2));
  EXPECT_THAT(Find(specks, {.dilation = true}), SizeIs(1));
}

TEST(FindTextRegionsTest, KeepsAtMostAThousand) {
  constexpr PixelSize kWide{400, 400};
  std::vector<float> map(static_cast<std::size_t>(kWide.width) * kWide.height, 0.0F);
  for (int y = 0; y < kWide.height; ++y) {
    for (int x = 0; x < kWide.width; ++x) {
      map[static_cast<std::size_t>(y) * kWide.width + x] = x % 8 < 5 && y % 8 < 5 ? 1.0F : 0.0F;
    }
  }
  EXPECT_THAT(FindTextRegions(map, kWide, kWide, {.dilation = false}).value(), SizeIs(1000));
}

TEST(FindTextRegionsTest, RefusesSizesThatDoNotMatch) {
  const std::vector<float> map(10);
  const PixelSize cases[] = {{3, 3}, {0, 10}, {-2, -5}};
  for (const PixelSize& size : cases) {
    EXPECT_THAT(Message(FindTextRegions(map, size, {10, 10}, {}).status()),
                HasSubstr("10 probabilities do not fit a map"));
  }
  EXPECT_FALSE(FindTextRegions(map, {5, 2}, {0, 10}, {}).ok());
}

float Area(const std::vector<Point>& polygon) {
  float twice = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point& a = polygon[i];
    const Point& b = polygon[(i + 1) % polygon.size()];
    twice += a.x * b.y - b.x * a.y;
  }
  return std::abs(twice) / 2;
}

TEST(UnclipTest, EnlargesByTheDistanceOnEverySide) {
  struct Case {
    float width, height;
    double ratio;
  };
  for (const Case& c : {Case{100, 40, 1.6}, Case{400, 20, 1.6}, Case{60, 60, 2.0}, Case{300, 100, 0.5}}) {
    const double distance = c.width * c.height * c.ratio / (2 * (c.width + c.height));
    // The Minkowski sum of a rectangle and a disc.
    const double expected =
        c.width * c.height + 2 * (c.width + c.height) * distance + std::numbers::pi * distance * distance;
    const auto grown =
        Unclip({Point{50, 50}, {50 + c.width, 50}, {50 + c.width, 50 + c.height}, {50, 50 + c.height}}, c.ratio);
    // Corners are rounded to whole pixels, and arcs are made of chords between them.
    EXPECT_NEAR(Area(grown), expected, 0.02 * expected) << c.width << 'x' << c.height;
  }
}

TEST(UnclipTest, TruncatesFractionsFirst) {
  // pyclipper 1.4.0 returns this set for both.
  const std::vector<Quad> quads = {{Point{0, 0}, {10, 0}, {10, 5}, {0, 5}},
                                   {Point{.9F, .9F}, {10.9F, .9F}, {10.9F, 5.9F}, {.9F, 5.9F}}};
  for (const Quad& quad : quads) {
    const auto grown = Unclip(quad, 1.2);  // 10 * 5 * 1.2 / 30 = 2 pixels
    EXPECT_THAT(grown, SizeIs(8));
    EXPECT_FLOAT_EQ(Area(grown), 122);
  }
}

TEST(UnclipTest, AnEmptyQuadStaysEmpty) { EXPECT_THAT(Unclip(Quad{}, 1.6), IsEmpty()); }

TEST(SortInReadingOrderTest, SortsLinesThenColumns) {
  const auto at = [](float x, float y) {
    return TextRegion{.quad = {Point{x, y}, {x + 5, y}, {x + 5, y + 5}, {x, y + 5}}, .score = 1};
  };
  // 100 and 109 are on one line; 118 joins it because of 109; 128 is on the next line.
  std::vector<TextRegion> regions = {at(5, 128), at(90, 100), at(50, 109), at(10, 118), at(0, 0), at(7, 128)};
  SortInReadingOrder(regions);
  std::vector<float> columns;
  for (const TextRegion& region : regions) {
    columns.push_back(region.quad[0].x);
  }
  EXPECT_THAT(columns, testing::ElementsAre(0, 10, 50, 90, 5, 7));
  std::vector<TextRegion> none;
  SortInReadingOrder(none);
  EXPECT_THAT(none, IsEmpty());
}

}  // namespace
}  // namespace calotype
