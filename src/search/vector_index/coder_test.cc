#include "search/vector_index/coder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "search/vector_index/code_groups.h"
#include "search/vector_index/code_list.h"
#include "search/vector_index/dot.h"
#include "search/vector_index/vector_test_util.h"

namespace calotype {
namespace {

constexpr float kAnything = -std::numeric_limits<float>::infinity();

// The codes of some vectors.
struct Codes {
  Codes(const Coder& coder, std::vector<std::vector<float>> coded) : vectors(std::move(coded)), list(coder.words()) {
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      codes.emplace_back(2 * coder.words());
      list.Set(i, codes[i], coder.Encode(vectors[i], codes[i]));
    }
  }
  // The estimate for each code; `highest` is -9 in groups in which no code may reach `bound`.
  std::vector<CosineEstimate> Ask(const CodedQuery& query, float bound, std::size_t first_group = 0) const {
    std::vector<CosineEstimate> cosines(GroupsOf(list.size()) * kGroup, CosineEstimate{.highest = -9});
    std::vector<std::size_t> near;
    query.Near(list.span(), {.first = first_group, .end = GroupsOf(list.size()), .bound = bound}, cosines, near);
    EXPECT_TRUE(std::ranges::is_sorted(near));
    for (std::size_t i = 0; i < cosines.size(); ++i) {
      EXPECT_EQ(cosines[i].highest != -9, std::ranges::binary_search(near, i / kGroup)) << i;
    }
    return cosines;
  }

  std::vector<std::vector<float>> vectors;
  std::vector<std::vector<uint64_t>> codes;
  CodeList list;
};

Coder WithoutMean(std::size_t dimension) { return Coder(std::vector<float>(dimension)); }

// Random vectors around `centres` centres; with `cone` above 0, all have a common component.
std::vector<std::vector<float>> SomeVectors(std::size_t dimension, std::size_t count, std::size_t centres = 3,
                                            float cone = 0) {
  ClusteredVectors source(dimension, centres, 7);
  const std::vector<float> shared = ClusteredVectors(dimension, 1, 8).Next();
  std::vector<std::vector<float>> vectors;
  for (std::size_t i = 0; i < count; ++i) {
    vectors.push_back(source.Next());
    for (std::size_t at = 0; at < dimension; ++at) {
      vectors[i][at] += cone * shared[at];
    }
    Normalise(vectors[i]);
  }
  return vectors;
}

std::vector<float> MeanOf(const std::vector<std::vector<float>>& vectors) {
  std::vector<float> mean(vectors[0].size());
  for (const std::vector<float>& vector : vectors) {
    for (std::size_t at = 0; at < mean.size(); ++at) {
      mean[at] += vector[at] / static_cast<float>(vectors.size());
    }
  }
  return mean;
}

// Uses the exact query, not levels.
float ExactEstimate(std::span<const float> turned, std::span<const uint64_t> code, float scale) {
  const auto bit = [&](std::size_t plane, std::size_t i) {
    return (code[plane * code.size() / 2 + i / 64] >> (i % 64) & 1U) != 0;
  };
  float product = 0;
  for (std::size_t i = 0; i < turned.size(); ++i) {
    const float size = bit(0, i) == bit(1, i) ? 1.510F : 0.4528F;
    product += (bit(0, i) ? size : -size) * turned[i];
  }
  return scale * product;
}

TEST(CoderTest, RoundingTheQueryToLevelsAddsLittleToTheError) {
  constexpr std::size_t kCount = 200;  // not a multiple of the group size
  struct Case {
    std::size_t dimension;
    double most;  // root mean square, in standard deviations of the codes' errors
  };
  // The last case has fewer than kMaxLevel levels, since sums have sixteen bits.
  for (const auto& [dimension, most] :
       std::vector<Case>{{64, 0.4}, {100, 0.4}, {512, 0.4}, {1152, 0.5}, {12'288, 1.2}}) {
    const Coder coder = WithoutMean(dimension);
    const Codes codes(coder, SomeVectors(dimension, kCount));
    const Rotation rotation(dimension);
    std::vector<float> turned(rotation.padded());
    rotation.Apply(codes.vectors[0], turned);
    const std::vector<CosineEstimate> told = codes.Ask(coder.Ask(codes.vectors[0]), kAnything, 1);
    EXPECT_EQ(told[kGroup - 1].highest, -9) << "before what was asked for";
    double squares = 0;
    for (std::size_t i = kGroup; i < kCount; ++i) {
      const float error = codes.list.span().fine_errors[i];
      const float off =
          (told[i].estimate - ExactEstimate(turned, codes.codes[i], codes.list.span().fine_scales[i])) / error;
      EXPECT_NEAR(told[i].highest, told[i].estimate + kCodeSureness * error, 1e-5) << dimension << ", " << i;
      squares += off * off;
    }
    EXPECT_LT(std::sqrt(squares / (kCount - kGroup)), most) << dimension;
  }
}

TEST(CoderTest, NearlyNoCosineIsAboveItsUpperLimit) {
  constexpr std::size_t kCount = 5000;
  constexpr std::size_t kAllowed = kCount / 200;  // one in 740 is expected
  for (const float cone : {0.0F, 1.0F}) {
    for (const std::size_t dimension : {192, 512}) {
      const std::vector<std::vector<float>> vectors = SomeVectors(dimension, kCount, 3, cone);
      const Coder coder(MeanOf(vectors));
      const Codes codes(coder, vectors);
      const std::vector<float> query = codes.vectors[17];
      const std::vector<CosineEstimate> told = codes.Ask(coder.Ask(query), kAnything);
      std::size_t higher = 0;
      for (std::size_t i = 0; i < kCount; ++i) {
        higher += Dot(query, codes.vectors[i]) > told[i].highest ? 1 : 0;
      }
      EXPECT_LE(higher, kAllowed) << dimension;
    }
  }
}

TEST(CoderTest, SignsExcludeMostGroupsAndNearlyNoNeighbour) {
  constexpr std::size_t kCount = 4000;
  constexpr std::size_t kQueries = 40;
  constexpr std::size_t kWanted = 4;  // of about eight around each centre
  for (const std::size_t dimension : {192, 512, 1024}) {
    const Coder coder = WithoutMean(dimension);
    const Codes codes(coder, SomeVectors(dimension, kCount, 500));
    std::size_t lost = 0;
    std::size_t left = 0;
    for (std::size_t query = 0; query < kQueries; ++query) {
      const std::vector<float>& asked = codes.vectors[query * kCount / kQueries];
      std::vector<float> cosines;
      for (const std::vector<float>& vector : codes.vectors) {
        cosines.push_back(Dot(asked, vector));
      }
      std::vector<float> sorted = cosines;
      std::ranges::sort(sorted, std::greater<>());
      const float bound = sorted[kWanted];
      const std::vector<CosineEstimate> told = codes.Ask(coder.Ask(asked), bound);
      for (std::size_t i = 0; i < kCount; ++i) {
        lost += cosines[i] >= bound && told[i].highest < bound ? 1 : 0;
        left += told[i].highest == -9 ? 1 : 0;
      }
    }
    EXPECT_LE(lost, 2U) << dimension << ", of " << kQueries * (kWanted + 1) << ": one in 370 is meant, at most";
    EXPECT_GT(left, kQueries * kCount / 2) << dimension;
  }
}

TEST(CoderTest, GroupsWithoutACountedCandidateAreSkipped) {
  constexpr std::size_t kCount = 20 * kGroup;
  const Coder coder = WithoutMean(256);
  const Codes codes(coder, SomeVectors(256, kCount, kCount));
  const CodedQuery query = coder.Ask(codes.vectors[5 * kGroup + 7]);
  constexpr float kBound = 0.9F;  // reached only by the vector itself
  std::vector<uint32_t> masks(kCount / kGroup, ~uint32_t{0});
  std::vector<CosineEstimate> cosines(kCount);
  std::vector<std::size_t> near;
  query.Near(codes.list.span(), {.end = masks.size(), .bound = kBound, .masks = masks}, cosines, near);
  EXPECT_EQ(near, std::vector<std::size_t>{5});
  near.clear();
  masks[5] = 1U << 7;
  query.Near(codes.list.span(), {.end = masks.size(), .bound = kBound, .masks = masks}, cosines, near);
  EXPECT_EQ(near, std::vector<std::size_t>{5});
  near.clear();
  masks[5] = ~masks[5];
  query.Near(codes.list.span(), {.end = masks.size(), .bound = kBound, .masks = masks}, cosines, near);
  EXPECT_TRUE(near.empty());
}

TEST(CoderTest, SizesAndTheMeanImproveEstimates) {
  constexpr std::size_t kCount = 500;
  constexpr std::size_t kDimension = 512;
  // Like embeddings of photos and words: two unrelated photos have a cosine of 0.5.
  const std::vector<std::vector<float>> vectors = SomeVectors(kDimension, kCount, 100, 1);
  const Codes plain(WithoutMean(kDimension), vectors);
  const Codes centred(Coder(MeanOf(vectors)), vectors);
  const auto sum = [](std::span<const float> errors) { return std::accumulate(errors.begin(), errors.end(), 0.0); };
  EXPECT_LT(sum(plain.list.span().fine_errors), 0.5 * sum(plain.list.span().errors));
  EXPECT_LT(sum(centred.list.span().fine_errors), 0.8 * sum(plain.list.span().fine_errors));
}

TEST(CoderTest, TheMeanIsEncodedExactly) {
  const std::vector<std::vector<float>> vectors = SomeVectors(128, 1);
  const Coder coder(vectors[0]);
  const Codes codes(coder, vectors);
  const std::vector<float> query = SomeVectors(128, 2)[1];
  const CosineEstimate told = codes.Ask(coder.Ask(query), kAnything)[0];
  EXPECT_NEAR(told.estimate, Dot(query, vectors[0]), 1e-5);
  EXPECT_NEAR(told.highest, told.estimate, 1e-5);
}

}  // namespace
}  // namespace calotype
