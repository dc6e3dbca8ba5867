// Tests AlikePairs against a comparison of every pair.
#include "search/alike_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "search/vector_index/dot.h"

namespace calotype {
namespace {

struct PairsCase {
  std::size_t dimension;
  std::size_t count;
  std::size_t centres;  // 0: uniformly distributed directions
  float noise;          // added to a centre of length 1
};

// Random unit vectors, one after the other.
std::vector<float> Make(const PairsCase& made) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> centres(made.centres * made.dimension);
  std::ranges::generate(centres, [&] { return normal(random); });
  std::vector<float> vectors;
  for (std::size_t i = 0; i < made.count; ++i) {
    std::vector<float> vector(made.dimension);
    for (std::size_t at = 0; at < made.dimension; ++at) {
      const float centre = made.centres == 0 ? 0 : centres[i % made.centres * made.dimension + at];
      vector[at] = centre + made.noise * normal(random);
    }
    const float length = std::sqrt(Dot(vector, vector));
    std::ranges::transform(vector, std::back_inserter(vectors), [length](float x) { return x / length; });
  }
  return vectors;
}

using Pairs = std::set<std::pair<std::size_t, std::size_t>>;

TEST(AlikePairs, FindsEveryPairAndFewOthers) {
  for (const NamedKernel<AlikeKernel>& kernel : AlikeKernels()) {
    if (!kernel.supported()) {
      continue;
    }
    setenv("CALOTYPE_ALIKE_KERNEL", std::string(kernel.name).c_str(), 1);
    for (const PairsCase& made :
         {PairsCase{2, 65, 3, 0.3F}, PairsCase{48, 200, 20, 0.25F}, PairsCase{384, 330, 30, 0.22F},
          PairsCase{512, 300, 0, 1}, PairsCase{100, 1, 0, 1}, PairsCase{100, 32, 1, 0}}) {
      const std::vector<float> vectors = Make(made);
      const auto vector = [&](std::size_t i) { return std::span(vectors).subspan(i * made.dimension, made.dimension); };
      const MainDirections directions(vectors, made.dimension);
      AlikePairs pairs(directions);
      for (std::size_t i = 0; i < made.count; ++i) {
        pairs.Add(vector(i));
      }
      for (const float cosine : {0.8F, 0.95F, 0.999F}) {
        Pairs alike;
        for (std::size_t i = 0; i < made.count; ++i) {
          for (std::size_t j = 0; j < i; ++j) {
            if (Dot(vector(i), vector(j)) >= cosine) {
              alike.emplace(i, j);
            }
          }
        }
        for (const int threads : {1, 3}) {
          Pairs told;
          pairs.ForEach(cosine, threads, [&](std::size_t later, std::size_t earlier) {
            EXPECT_TRUE(told.emplace(later, earlier).second) << "each once";
            return true;
          });
          EXPECT_TRUE(std::ranges::includes(told, alike)) << kernel.name << " " << made.dimension << " " << cosine;
          EXPECT_LE(told.size(), alike.size() + made.count * made.count / 20) << made.dimension << " " << cosine;
        }
      }
    }
  }
  unsetenv("CALOTYPE_ALIKE_KERNEL");
}

TEST(AlikePairs, StopsWhenTheCallbackReturnsFalse) {
  const std::vector<float> vectors = Make({.dimension = 8, .count = 100, .centres = 1, .noise = 0});
  const MainDirections directions(vectors, 8);
  AlikePairs pairs(directions);
  for (std::size_t i = 0; i < 100; ++i) {
    pairs.Add(std::span(vectors).subspan(8 * i, 8));
  }
  for (const int threads : {1, 4}) {
    int told = 0;
    pairs.ForEach(0.9F, threads, [&](std::size_t /*later*/, std::size_t /*earlier*/) { return ++told < 7; });
    EXPECT_EQ(told, 7);
  }
}

// Also if the sample has fewer directions than needed, or is empty.
TEST(MainDirections, AreOrthonormal) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{3}, std::size_t{500}}) {
    const MainDirections directions(Make({.dimension = 80, .count = count, .centres = 0, .noise = 1}), 80);
    for (std::size_t i = 0; i < MainDirections::kCount; ++i) {
      const float length = Dot(directions.direction(i), directions.direction(i));
      EXPECT_TRUE(length == 0 || std::abs(length - 1) < 1e-5F) << length;
      for (std::size_t j = 0; j < i; ++j) {
        EXPECT_LT(std::abs(Dot(directions.direction(i), directions.direction(j))), 1e-5F);
      }
    }
  }
}

}  // namespace
}  // namespace calotype
