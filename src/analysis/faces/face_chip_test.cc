#include "analysis/faces/face_chip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "analysis/image_ops.h"

namespace calotype {
namespace {

TEST(ChipLandmarksTest, MatchTheTrainedNetworks) {
  struct Case {
    int size;
    float padding;
    std::array<Point, 5> expected;  // to a hundredth of a pixel
  };
  const std::array<Case, 2> cases{
      Case{224,
           0.5F,
           {Point{81.25F, 80.19F}, {140.53F, 80.19F}, {110.89F, 113.75F}, {84.46F, 143.39F}, {137.32F, 143.39F}}},
      Case{150,
           0.25F,
           {Point{47.55F, 46.60F}, {100.48F, 46.60F}, {74.01F, 76.56F}, {50.41F, 103.02F}, {97.61F, 103.02F}}},
  };
  for (const Case& c : cases) {
    const std::array<Point, 5> landmarks = ChipLandmarks(c.size, c.padding);
    for (std::size_t i = 0; i < landmarks.size(); ++i) {
      EXPECT_NEAR(landmarks[i].x, c.expected[i].x, 0.01);
      EXPECT_NEAR(landmarks[i].y, c.expected[i].y, 0.01);
    }
  }
}

TEST(CutFaceChipTest, PutsTheLandmarksInPlaceAtAnyScale) {
  for (const float scale : {0.5F, 1.0F, 5.0F}) {
    // A face rotated to the left, with a bright spot at each landmark.
    const Similarity turned{.a = 0.9F * scale, .b = 0.3F * scale, .tx = 150 * scale, .ty = 20 * scale};
    Image image(static_cast<int>(400 * scale), static_cast<int>(300 * scale));
    std::ranges::fill(image.pixels(), uint8_t{0});
    std::array<Point, 5> landmarks;
    std::ranges::transform(ChipLandmarks(224, 0.5F), landmarks.begin(),
                           [&](const Point& point) { return Apply(turned, point); });
    const int radius = std::max(1, static_cast<int>(2 * scale));
    for (const Point& point : landmarks) {
      for (int y = -radius; y <= radius; ++y) {
        std::fill_n(image.row(static_cast<int>(point.y) + y) + std::ptrdiff_t{3} * (static_cast<int>(point.x) - radius),
                    3 * (2 * radius + 1), uint8_t{255});
      }
    }
    const Image chip = CutFaceChip(image, landmarks, 224, 0.5F);
    ASSERT_EQ(chip.width(), 224);
    for (const Point& point : ChipLandmarks(224, 0.5F)) {
      EXPECT_GT(chip.row(static_cast<int>(point.y))[std::ptrdiff_t{3} * static_cast<int>(point.x)], 150) << scale;
    }
    EXPECT_LT(chip.row(112)[60], 10);
  }
}

}  // namespace
}  // namespace calotype
