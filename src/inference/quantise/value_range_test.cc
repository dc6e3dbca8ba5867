#include "inference/quantise/value_range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace calotype {
namespace {

std::vector<float> Normal(float mean, float deviation, int count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) {
    value = normal(random);
  }
  return values;
}

ActivationRange RangeOf(const std::vector<float>& values) {
  ValueHistogram histogram;
  histogram.Add(values);
  return BestRange(histogram);
}

// The mean square error that rounding to the range really causes.
double RealNoise(const std::vector<float>& values, const ActivationScale& scale) {
  double sum = 0;
  for (const float value : values) {
    const float rounded = std::clamp(std::round(value / scale.scale) + static_cast<float>(scale.zero), 0.0F, 255.0F);
    sum += std::pow((rounded - static_cast<float>(scale.zero)) * scale.scale - value, 2);
  }
  return sum / static_cast<double>(values.size());
}

TEST(ValueRangeTest, UniformNumbersAreNotClipped) {
  std::vector<float> values;
  for (int i = 0; i <= 1000; ++i) {
    values.push_back(-1 + 3 * static_cast<float>(i) / 1000);
  }
  const ActivationRange range = RangeOf(values);
  EXPECT_NEAR(range.scale.scale, 3.0 / 255, 1e-3);
  EXPECT_NEAR(range.scale.zero, 85, 2);
  EXPECT_NEAR(range.power, 1.0, 0.01);  // the mean of x^2 between -1 and 2
}

TEST(ValueRangeTest, TheNoiseIsTheErrorOfRounding) {
  const std::vector<float> values = Normal(0.3F, 1, 100'000);
  const ActivationRange range = RangeOf(values);
  EXPECT_NEAR(range.noise / RealNoise(values, range.scale), 1, 0.1);
}

TEST(ValueRangeTest, AFewExtremeNumbersAreClipped) {
  std::vector<float> values = Normal(0, 1, 1'000'000);
  values.push_back(40);
  const ActivationRange range = RangeOf(values);
  const ActivationScale whole{.scale = 45.0F / 255, .zero = 28};
  EXPECT_LT(range.scale.scale, whole.scale / 2);
  EXPECT_LT(RealNoise(values, range.scale), RealNoise(values, whole));
}

TEST(ValueRangeTest, ZeroIsAlwaysExact) {
  EXPECT_EQ(RangeOf({3, 4, 5}).scale.zero, 0);
  EXPECT_NEAR(RangeOf({3, 4, 5}).scale.scale, 5.0 / 255, 1e-6);
  EXPECT_EQ(RangeOf({-3, -4, -5}).scale.zero, 255);
}

TEST(ValueRangeTest, OnlyZerosOrNoNumbersHaveARange) {
  for (const auto& values : {std::vector<float>{}, std::vector<float>{0, 0}}) {
    const ActivationRange range = RangeOf(values);
    EXPECT_EQ(range.scale.scale, 1);
    EXPECT_EQ(range.noise, 0);
  }
}

TEST(ValueRangeTest, IgnoresNumbersThatAreNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const ActivationRange range = RangeOf({0, 1, kInfinity, -kInfinity, std::nanf("")});
  EXPECT_NEAR(range.scale.scale, 1.0 / 255, 1e-6);
}

TEST(ValueRangeTest, TheRangeGrows) {
  const std::vector<float> values = Normal(0, 1, 10'000);
  ValueHistogram histogram;
  histogram.Add(std::vector<float>(10, 1e-3F));
  histogram.Add(values);
  EXPECT_EQ(histogram.count(), 10'010U);
  EXPECT_NEAR(BestRange(histogram).scale.scale, RangeOf(values).scale.scale, 0.2 * RangeOf(values).scale.scale);
}

}  // namespace
}  // namespace calotype
