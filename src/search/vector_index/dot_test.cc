#include "search/vector_index/dot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/half.h"
#include "search/vector_index/top_hits.h"

namespace calotype {
namespace {

TEST(DotTest, EveryFiniteHalfIsConvertedExactly) {
  const std::vector<float> one = {1.0F};
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const std::vector<uint16_t> halves = {static_cast<uint16_t>(half)};
    const float expected = HalfToFloat(halves[0]);
    if (std::isfinite(expected)) {
      ASSERT_EQ(DotHalves(one, halves), expected) << half;
    }
  }
}

TEST(DotTest, AgreesWithAPlainSum) {
  constexpr double kTolerance = 1e-5;  // for float sums of up to 512 products near 1
  const auto wave = [](std::size_t i, float step) { return std::sin(static_cast<float>(i) * step); };
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 33U, 384U, 512U}) {
    std::vector<float> a(size);
    std::vector<float> b(size);
    for (std::size_t i = 0; i < size; ++i) {
      a[i] = wave(i, 1.7F);
      b[i] = HalfToFloat(FloatToHalf(wave(i, 0.9F)));
    }
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i) {
      expected += double{a[i]} * b[i];
    }
    EXPECT_NEAR(Dot(a, b), expected, kTolerance * std::max<double>(1, std::abs(expected)));
    EXPECT_EQ(DotHalves(a, ToHalf(b)), Dot(a, b));
  }
}

TEST(DotTest, EveryKernelGivesTheSameResults) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (std::size_t size = 0; size < 600; size += 7) {
    std::vector<float> a(size);
    std::vector<float> b(size);
    std::ranges::generate(a, [&] { return normal(random); });
    std::ranges::generate(b, [&] { return normal(random); });
    const std::vector<uint16_t> halves = ToHalf(b);
    const DotKernel& scalar = DotKernels().back().run;
    for (const NamedKernel<DotKernel>& kernel : DotKernels()) {
      if (kernel.supported()) {
        EXPECT_EQ(kernel.run.dot(a, b), scalar.dot(a, b)) << kernel.name << " at " << size;
        EXPECT_EQ(kernel.run.dot_halves(a, halves), scalar.dot_halves(a, halves)) << kernel.name << " at " << size;
      }
    }
  }
}

TEST(DotTest, VectorsOfDifferentSizesHaveTheProductZero) {
  EXPECT_EQ(Dot(std::vector<float>{1, 1}, std::vector<float>{1}), 0);
  EXPECT_EQ(DotHalves(std::vector<float>{1}, std::vector<uint16_t>{}), 0);
}

TEST(TopHitsTest, KeepsTheBestInAnyOrderOfAdding) {
  std::vector<ScoredPhoto> hits = {{1, 0.5F}, {2, 0.9F}, {3, 0.5F}, {4, 0.1F}, {5, 0.9F}};
  const auto by_photo = [](const ScoredPhoto& a, const ScoredPhoto& b) { return a.photo < b.photo; };
  do {
    TopHits top(3);
    for (const ScoredPhoto& hit : hits) {
      top.Add(hit);
    }
    const std::vector<ScoredPhoto> best = top.Take();
    ASSERT_EQ(best.size(), 3U);
    EXPECT_EQ(best[0].photo, 2);
    EXPECT_EQ(best[1].photo, 5);
    EXPECT_EQ(best[2].photo, 1);
  } while (std::next_permutation(hits.begin(), hits.end(), by_photo));
  EXPECT_TRUE(TopHits(0).Take().empty());
}

}  // namespace
}  // namespace calotype
