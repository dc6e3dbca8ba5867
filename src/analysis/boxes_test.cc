#include "analysis/boxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace calotype {
namespace {

TEST(SuppressDoublesTest, KeepsTheBestOfOverlappingBoxes) {
  const Box here{.x = 0, .y = 0, .width = 10, .height = 10};
  const Box near{.x = 1, .y = 0, .width = 10, .height = 10};  // overlap 9 / 11
  const Box half{.x = 5, .y = 0, .width = 10, .height = 10};  // overlap with `here` 1 / 3
  const Box far{.x = 100, .y = 0, .width = 10, .height = 10};
  struct Case {
    std::string name;
    std::vector<Candidate> candidates;
    float max_iou;
    std::vector<std::size_t> kept;
  };
  const std::vector<Case> cases{
      {"nothing", {}, 0.5F, {}},
      {"best first", {{here, 0.5F}, {far, 0.9F}}, 0.5F, {1, 0}},
      {"the better of two", {{here, 0.5F}, {near, 0.6F}}, 0.5F, {1}},
      {"of equals the earlier", {{here, 0.5F}, {near, 0.5F}}, 0.5F, {0}},
      {"other labels are left alone", {{here, 0.9F, 1}, {near, 0.8F, 2}, {near, 0.7F, 1}}, 0.5F, {0, 1}},
      {"overlap at the limit stays", {{here, 0.9F}, {half, 0.8F}}, 1.0F / 3, {0, 1}},
      {"overlap over the limit goes", {{here, 0.9F}, {half, 0.8F}}, 0.33F, {0}},
      {"what was suppressed suppresses nothing",
       {{here, 0.9F}, {half, 0.8F}, {{.x = 10, .y = 0, .width = 10, .height = 10}, 0.7F}},
       0.2F,
       {0, 2}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(SuppressDoubles(c.candidates, c.max_iou), c.kept) << c.name;
  }
}

TEST(ClipBoxTest, ClipsToTheImage) {
  const Box cut = ClipBox({.x = -5, .y = 10, .width = 20, .height = 100}, 50, 40);
  EXPECT_EQ(cut.x, 0);
  EXPECT_EQ(cut.y, 10);
  EXPECT_EQ(cut.width, 15);
  EXPECT_EQ(cut.height, 30);
  EXPECT_EQ(ClipBox({.x = 60, .y = 0, .width = 5, .height = 5}, 50, 40).Area(), 0);
}

TEST(BoxFromCornersTest, CrossedCornersHaveNoArea) {
  EXPECT_EQ(BoxFromCorners(10, 10, 5, 20).Area(), 0);
  EXPECT_EQ(BoxFromCorners(1, 2, 4, 8).height, 6);
}

TEST(ScaleBoxTest, ScalesEachAxis) {
  const Box scaled = ScaleBox({.x = 1, .y = 2, .width = 3, .height = 4}, 2, 10);
  EXPECT_EQ(scaled.x, 2);
  EXPECT_EQ(scaled.y, 20);
  EXPECT_EQ(scaled.width, 6);
  EXPECT_EQ(scaled.height, 40);
}

}  // namespace
}  // namespace calotype
