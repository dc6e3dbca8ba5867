#include "analysis/ocr/detection_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace calotype {

// For the messages of failed cases.
std::ostream& operator<<(std::ostream& stream, const PixelSize& size) {
  return stream << size.width << 'x' << size.height;
}

namespace {

struct PlanCase {
  PixelSize photo;
  PixelSize network;
  int pad_x = 0;
  int pad_y = 0;
};

class PlanDetectionTest : public testing::TestWithParam<PlanCase> {};

TEST_P(PlanDetectionTest, GivesTheSizesOfRapidOcr) {
  const DetectionInput input = PlanDetection(GetParam().photo, {});
  EXPECT_EQ(input.network.width, GetParam().network.width) << GetParam().photo;
  EXPECT_EQ(input.network.height, GetParam().network.height) << GetParam().photo;
  EXPECT_EQ(input.pad_x, GetParam().pad_x) << GetParam().photo;
  EXPECT_EQ(input.pad_y, GetParam().pad_y) << GetParam().photo;
}

// Sizes from RapidOCR 3.10, except for strips: it does not pad vertical ones, and enlarges those a few pixels wide
// without a limit. lines_golden_test.cc has more cases.
INSTANTIATE_TEST_SUITE_P(Photos, PlanDetectionTest,
                         testing::Values(PlanCase{{640, 480}, {992, 736}},      // the short side is enlarged
                                         PlanCase{{1280, 960}, {1280, 960}},    // already enough
                                         PlanCase{{1004, 958}, {992, 960}},     // to multiples of 32
                                         PlanCase{{2048, 1536}, {1984, 1504}},  // the long side is shrunk
                                         PlanCase{{3000, 2171}, {1984, 1440}}, PlanCase{{970, 2204}, {896, 1984}},
                                         PlanCase{{1, 1}, {736, 736}},
                                         PlanCase{{2000, 250}, {5888, 736}},  // 8:1, not padded
                                         PlanCase{{2000, 240}, {2944, 736}, 0, 130},
                                         PlanCase{{2000, 1}, {2944, 736}, 0, 249},
                                         PlanCase{{1, 2000}, {736, 2944}, 249, 0}));

TEST(PlanDetectionTest, LimitsTheSizeForAnyPhoto) {
  const DetectionLimits limits;
  const int64_t most = std::max(int64_t{limits.max_side} * limits.max_side,
                                int64_t{8} * (limits.limit_side + 32) * (limits.limit_side + 32));
  for (const int width : {1, 2, 7, 31, 100, 255, 256, 700, 2048, 20000, 400000}) {
    for (const int height : {1, 3, 10, 33, 240, 900, 2048, 20000, 400000}) {
      const PixelSize network = PlanDetection({width, height}, limits).network;
      EXPECT_LE(int64_t{network.width} * network.height, most) << PixelSize{width, height};
      EXPECT_EQ(network.width % 32 + network.height % 32, 0) << PixelSize{width, height};
    }
  }
}

TEST(PlanReducedTest, ShrinksTheShortSideAndNeverEnlarges) {
  const auto planned = [](PixelSize photo, int most) {
    const PixelSize size = PlanReduced(photo, most);
    return std::pair(size.width, size.height);
  };
  EXPECT_EQ(planned({1440, 1080}, 736), std::pair(992, 736));
  EXPECT_EQ(planned({1080, 1440}, 736), std::pair(736, 992));
  EXPECT_EQ(planned({640, 480}, 736), std::pair(640, 480));
  EXPECT_EQ(planned({100, 47}, 736), std::pair(96, 32)) << "rounded to the nearer multiple";
  EXPECT_EQ(planned({1000, 40}, 10), std::pair(256, 32)) << "at least one multiple";
}

TEST(ToPhotoTest, UndoesScalingAndPadding) {
  const DetectionInput input = PlanDetection({4000, 400}, {});
  ASSERT_EQ(input.scaled.width, 1984);
  ASSERT_EQ(input.scaled.height, 192);
  ASSERT_EQ(input.pad_y, 152);
  const Quad quad = ToPhoto(input, {4000, 400}, {Point{0, 152}, {1984, 152}, {992, 344}, {-5, 500}});
  EXPECT_FLOAT_EQ(quad[0].x, 0);
  EXPECT_FLOAT_EQ(quad[0].y, 0);
  EXPECT_FLOAT_EQ(quad[1].x, 4000);
  EXPECT_FLOAT_EQ(quad[2].x, 2000);
  EXPECT_FLOAT_EQ(quad[2].y, 400);
  EXPECT_FLOAT_EQ(quad[3].x, 0);  // inside the photo
  EXPECT_FLOAT_EQ(quad[3].y, 400);
}

TEST(PadTest, CentresThePhoto) {
  Image photo(2, 1);
  std::ranges::fill(photo.pixels(), uint8_t{200});
  const Image padded = Pad(photo, 1, 2);
  ASSERT_EQ(padded.width(), 4);
  ASSERT_EQ(padded.height(), 5);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 4; ++x) {
      const bool inside = y == 2 && (x == 1 || x == 2);
      EXPECT_EQ(padded.row(y)[3 * x + 1], inside ? 200 : 0) << x << ' ' << y;
    }
  }
}

}  // namespace
}  // namespace calotype
