#include "analysis/ocr/coarse_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr float kThreshold = 0.2F;

// A map that is 0.5 in these areas and 0 elsewhere.
std::vector<float> MapWith(PixelSize size, const std::vector<Area>& lines) {
  std::vector<float> map(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
  for (const Area& line : lines) {
    for (int y = line.y; y < line.y + line.height; ++y) {
      for (int x = line.x; x < line.x + line.width; ++x) {
        map[static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x)] = 0.5F;
      }
    }
  }
  return map;
}

std::vector<Area> Find(const std::vector<Area>& lines, PixelSize map = {480, 352}, PixelSize picture = {1920, 1408}) {
  return EvaluateCoarseMap(MapWith(map, lines), map, picture, kThreshold).areas;
}

TEST(CoarsePassTest, NoTextGivesNoArea) {
  EXPECT_THAT(Find({}), IsEmpty());
  EXPECT_THAT(EvaluateCoarseMap(std::vector<float>(100, kThreshold), {10, 10}, {320, 320}, kThreshold).areas,
              IsEmpty());
}

TEST(CoarsePassTest, AreasHaveAMarginAndLieOnTheGrid) {
  // 400..480 x 400..420 in the picture: cells 384..480 x 384..448, plus 64 on each side, then the next common sides.
  EXPECT_THAT(Find({{100, 100, 20, 5}}), ElementsAre(Area{320, 288, 224, 224}));
}

TEST(CoarsePassTest, AreasEndAtThePicturesEdges) {
  EXPECT_THAT(Find({{0, 0, 4, 4}, {476, 348, 4, 4}}), ElementsAre(Area{0, 0, 160, 160}, Area{1760, 1248, 160, 160}));
}

TEST(CoarsePassTest, EveryTextPixelIsInAnArea) {
  // One pixel at every position of the map, for maps that do not divide the picture evenly.
  const PixelSize map{96, 70};
  const PixelSize picture{1024, 736};
  for (int y = 0; y < map.height; y += 3) {
    for (int x = 0; x < map.width; x += 5) {
      const std::vector<Area> areas = Find({{x, y, 1, 1}}, map, picture);
      ASSERT_THAT(areas, SizeIs(1));
      const Area& area = areas.front();
      EXPECT_LE(area.x * map.width, x * picture.width);
      EXPECT_GE((area.x + area.width) * map.width, (x + 1) * picture.width);
      EXPECT_LE(area.y * map.height, y * picture.height);
      EXPECT_GE((area.y + area.height) * map.height, (y + 1) * picture.height);
      EXPECT_EQ(area.x % kAreaStep + area.y % kAreaStep + area.width % kAreaStep + area.height % kAreaStep, 0);
    }
  }
}

TEST(CoarsePassTest, MergesAreasWhereThatIsCheaper) {
  EXPECT_THAT(Find({{100, 100, 20, 5}, {130, 100, 20, 5}}), SizeIs(1));
  EXPECT_THAT(Find({{100, 100, 20, 5}, {300, 300, 20, 5}}), SizeIs(2));
  // Two long lines that form a corner: their common frame is most of the picture.
  EXPECT_THAT(Find({{10, 10, 460, 5}, {10, 30, 5, 310}}), SizeIs(2));
}

TEST(CoarsePassTest, LargeTextNeedsNoFinePass) {
  const PixelSize map{480, 352};
  const PixelSize picture{1920, 1408};
  const CoarsePass coarse =
      EvaluateCoarseMap(MapWith(map, {{100, 100, 200, 20}, {50, 300, 60, 8}}), map, picture, kThreshold);
  ASSERT_THAT(coarse.areas, SizeIs(1));
  EXPECT_GT(coarse.areas[0].y, 1000);
  const auto at = [&](int x, int y) { return coarse.large[static_cast<std::size_t>(y) * 1920 + x]; };
  EXPECT_EQ(at(800, 440), 0.5F);   // inside the large line
  EXPECT_EQ(at(300, 1216), 0.0F);  // the small one is left to the fine pass
  EXPECT_EQ(at(0, 0), 0.0F);
}

TEST(CoarsePassTest, EnlargesAreasThatCutText) {
  const PixelSize picture{640, 640};
  const Area area{160, 160, 160, 160};
  const std::vector<float> none(std::size_t{640} * 640);
  const auto grow = [&](const Area& line, std::vector<Area> areas, std::span<const float> large) {
    return EnlargeCutAreas(MapWith(picture, {line}), picture, large, std::move(areas), kThreshold);
  };
  EXPECT_THAT(grow({200, 200, 80, 10}, {area}, none), ElementsAre(area));
  const Area longer{200, 200, 120, 10};
  const std::vector<Area> grown = grow(longer, {area}, none);
  ASSERT_THAT(grown, SizeIs(1));
  EXPECT_GE(grown[0].x + grown[0].width, 320 + 128);
  EXPECT_LE(grown[0].x, 160);
  // Text that ends at the edge of the picture, continues in another area or is large is not cut.
  const Area corner{0, 0, 160, 160};
  EXPECT_THAT(grow({0, 0, 80, 10}, {corner}, none), ElementsAre(corner));
  const Area beside{288, 160, 160, 320};
  EXPECT_THAT(grow(longer, {area, beside}, none), ElementsAre(area, beside));
  EXPECT_THAT(grow(longer, {area}, MapWith(picture, {{200, 200, 300, 10}})), ElementsAre(area));
}

}  // namespace
}  // namespace calotype
