#include "analysis/ocr/close_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr float kThreshold = 0.2F;

// A map that is 0 but for 0.5 in these areas of it.
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
  return FindAreas(MapWith(map, lines), map, picture, kThreshold);
}

TEST(CloseLookTest, NothingAwakeIsNoArea) {
  EXPECT_THAT(Find({}), IsEmpty());
  EXPECT_THAT(FindAreas(std::vector<float>(100, kThreshold), {10, 10}, {320, 320}, kThreshold), IsEmpty());
}

TEST(CloseLookTest, AreasHaveAMarginAndLieOnTheGrid) {
  // 400..480 x 400..420 in the picture: cells 384..480 x 384..448, 64 more on each side, then the next common sides.
  EXPECT_THAT(Find({{100, 100, 20, 5}}), ElementsAre(Area{320, 288, 224, 224}));
}

TEST(CloseLookTest, AreasEndAtThePicturesEdges) {
  EXPECT_THAT(Find({{0, 0, 4, 4}, {476, 348, 4, 4}}), ElementsAre(Area{0, 0, 160, 160}, Area{1760, 1248, 160, 160}));
}

TEST(CloseLookTest, EveryPixelThatIsAwakeIsInAnArea) {
  // One pixel of the map, at every place, of maps that do not divide the picture evenly.
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

TEST(CloseLookTest, AreasThatOverlapAreOne) {
  EXPECT_THAT(Find({{100, 100, 20, 5}, {130, 100, 20, 5}}), SizeIs(1));
  EXPECT_THAT(Find({{100, 100, 20, 5}, {300, 300, 20, 5}}), SizeIs(2));
}

TEST(CloseLookTest, AreasNeverOverlap) {
  std::vector<Area> lines;
  for (int i = 0; i < 40; ++i) {
    lines.push_back({i * 37 % 460, i * 53 % 340, 1 + i % 15, 1 + i % 4});
  }
  const std::vector<Area> areas = Find(lines);
  for (std::size_t i = 0; i < areas.size(); ++i) {
    for (std::size_t j = i + 1; j < areas.size(); ++j) {
      const bool apart = areas[i].x + areas[i].width <= areas[j].x || areas[j].x + areas[j].width <= areas[i].x ||
                         areas[i].y + areas[i].height <= areas[j].y || areas[j].y + areas[j].height <= areas[i].y;
      EXPECT_TRUE(apart) << i << " and " << j;
    }
  }
}

TEST(CloseLookTest, GrowsTowardsWhatIsCut) {
  const PixelSize picture{640, 640};
  const Area area{160, 160, 160, 160};
  EXPECT_THAT(GrowWhereCut(MapWith(picture, {{200, 200, 80, 10}}), picture, {area}, kThreshold), ElementsAre(area));
  const std::vector<Area> grown = GrowWhereCut(MapWith(picture, {{200, 200, 120, 10}}), picture, {area}, kThreshold);
  ASSERT_THAT(grown, SizeIs(1));
  EXPECT_GE(grown[0].x + grown[0].width, 320 + 128);
  EXPECT_LE(grown[0].x, 160);
  // What ends with the picture is not cut.
  const Area corner{0, 0, 160, 160};
  EXPECT_THAT(GrowWhereCut(MapWith(picture, {{0, 0, 80, 10}}), picture, {corner}, kThreshold), ElementsAre(corner));
}

}  // namespace
}  // namespace calotype
