#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace calotype {
namespace {

struct HalfCase {
  float value;
  uint16_t half;
};

TEST(HalfTest, KnownValues) {
  const HalfCase cases[] = {
      {0.0F, 0x0000},     {-0.0F, 0x8000},      {1.0F, 0x3C00},       {-2.0F, 0xC000},
      {65504.0F, 0x7BFF}, {65519.0F, 0x7BFF},   {65520.0F, 0x7C00},   {1e9F, 0x7C00},
      {0x1p-14F, 0x0400}, {0x1p-24F, 0x0001},   {0x1p-25F, 0x0000},   {0x1.8p-25F, 0x0001},
      {0.1F, 0x2E66},     {0x1.002p0F, 0x3C00}, {0x1.006p0F, 0x3C02}, {std::numeric_limits<float>::infinity(), 0x7C00},
  };
  for (const HalfCase& half_case : cases) {
    EXPECT_EQ(FloatToHalf(half_case.value), half_case.half) << half_case.value;
  }
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(HalfTest, EveryHalfRoundTrips) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = HalfToFloat(half);
    if (!std::isnan(value)) {
      ASSERT_EQ(FloatToHalf(value), half) << bits;
    }
  }
}

TEST(HalfTest, UnitVectorsLoseLessThanOneInTwoThousand) {
  for (int i = 1; i < 1000; ++i) {
    const float value = static_cast<float>(i) / 1000;
    EXPECT_NEAR(HalfToFloat(FloatToHalf(value)), value, value / 2048) << value;
  }
}

}  // namespace
}  // namespace calotype
