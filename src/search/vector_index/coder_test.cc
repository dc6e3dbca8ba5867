#include "search/vector_index/coder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "search/dot.h"
#include "search/vector_index/code_groups.h"
#include "search/vector_index/vector_test_util.h"

namespace calotype {
namespace {

// Some vectors' codes, with their factors.
struct Codes {
  Codes(const Coder& coder, std::size_t dimension, std::size_t count)
      : groups(GroupsOf(count) * GroupBytes(coder.words())), scales(count), errors(count) {
    ClusteredVectors source(dimension, 3, 7);
    const std::size_t bytes = GroupBytes(coder.words());
    for (std::size_t i = 0; i < count; ++i) {
      vectors.push_back(source.Next());
      codes.emplace_back(coder.words());
      const CodeFactors factors = coder.Encode(vectors[i], codes[i]);
      PutCode(codes[i], i % kGroup, std::span(groups).subspan(i / kGroup * bytes, bytes));
      scales[i] = factors.scale;
      errors[i] = factors.error;
    }
  }
  CodeSpan span() const { return {.groups = groups, .scales = scales, .errors = errors}; }

  std::vector<std::vector<float>> vectors;
  std::vector<std::vector<uint64_t>> codes;
  std::vector<uint8_t> groups;
  std::vector<float> scales;
  std::vector<float> errors;
};

// With the query as it is, not in levels.
float ExactEstimate(std::span<const float> turned, std::span<const uint64_t> code, float scale) {
  float product = 0;
  for (std::size_t i = 0; i < turned.size(); ++i) {
    product += (code[i / 64] >> (i % 64) & 1U) != 0 ? turned[i] : -turned[i];
  }
  return scale * product / std::sqrt(static_cast<float>(turned.size()));
}

TEST(CoderTest, LevelsOfTheQueryAreFineBesideTheErrorOfTheCodes) {
  constexpr std::size_t kCount = 200;  // not a multiple of a group
  struct Case {
    std::size_t dimension;
    double most;  // root of the mean square, in standard deviations of the codes' errors
  };
  // The last: fewer than kMaxLevel levels, since sums have sixteen bits.
  for (const auto& [dimension, most] :
       std::vector<Case>{{64, 0.2}, {100, 0.2}, {512, 0.2}, {1152, 0.2}, {12'288, 0.4}}) {
    const Coder coder(dimension);
    const Codes codes(coder, dimension, kCount);
    const Rotation rotation(dimension);
    std::vector<float> turned(rotation.padded());
    rotation.Apply(codes.vectors[0], turned);
    std::vector<float> highest(kCount, -9);
    coder.Ask(codes.vectors[0]).Highest(codes.span(), kGroup, kCount, highest.data());
    EXPECT_EQ(highest[kGroup - 1], -9) << "before what was asked for";
    double squares = 0;
    for (std::size_t i = kGroup; i < kCount; ++i) {
      const float exact = ExactEstimate(turned, codes.codes[i], codes.scales[i]);
      const float off = (highest[i] - kCodeSureness * codes.errors[i] - exact) / codes.errors[i];
      EXPECT_LT(std::abs(off), 1) << dimension << ", " << i;
      squares += off * off;
    }
    EXPECT_LT(std::sqrt(squares / (kCount - kGroup)), most) << dimension;
  }
}

TEST(CoderTest, HardlyACosineIsHigherThanTold) {
  constexpr std::size_t kCount = 5000;
  constexpr std::size_t kAllowed = kCount / 200;  // one in 740 is meant
  for (const std::size_t dimension : {192, 512}) {
    const Coder coder(dimension);
    const Codes codes(coder, dimension, kCount);
    std::vector<float> highest(kCount);
    const std::vector<float> query = codes.vectors[17];
    coder.Ask(query).Highest(codes.span(), 0, kCount, highest.data());
    std::size_t higher = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      higher += Dot(query, codes.vectors[i]) > highest[i] ? 1 : 0;
    }
    EXPECT_LE(higher, kAllowed) << dimension;
  }
}

}  // namespace
}  // namespace calotype
