#include "search/middles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "search/vector_index/dot.h"

namespace calotype {
namespace {

using Vector = std::vector<float>;

void Normalise(Vector& vector) {
  const float length = std::sqrt(Dot(vector, vector));
  std::ranges::transform(vector, vector.begin(), [length](float x) { return x / length; });
}

Vector RandomVector(std::size_t dimension, std::mt19937& random) {
  std::normal_distribution<float> normal;
  Vector vector(dimension);
  std::ranges::generate(vector, [&] { return normal(random); });
  Normalise(vector);
  return vector;
}

// About at the cosine `share` of 1 with `middle`.
Vector Near(const Vector& middle, float share, std::mt19937& random) {
  Vector vector = RandomVector(middle.size(), random);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    vector[i] = share * middle[i] + std::sqrt(1 - share * share) * vector[i];
  }
  Normalise(vector);
  return vector;
}

TEST(MiddlesTest, HardlyOneThatIsNearIsMissedAndFewOthersComeAlong) {
  for (const std::size_t dimension : {128, 500, 1024}) {
    std::mt19937 random(1);
    Middles middles(dimension);
    std::vector<Vector> vectors;
    for (std::size_t i = 0; i < 4000; ++i) {
      vectors.push_back(i % 2 == 0 ? RandomVector(dimension, random) : Near(vectors[i - 1], 0.6F, random));
      middles.Set(i, vectors[i]);
    }
    int wanted = 0;
    int missed = 0;
    std::size_t answered = 0;
    for (std::size_t i = 0; i < vectors.size(); i += 10) {
      const Vector query = Near(vectors[i], 0.8F, random);
      const std::vector<std::size_t> near = middles.Near(query, 0.45F);
      answered += near.size();
      EXPECT_TRUE(std::ranges::is_sorted(near));
      for (std::size_t other = 0; other < vectors.size(); ++other) {
        if (Dot(query, vectors[other]) >= 0.45F) {
          ++wanted;
          missed += std::ranges::binary_search(near, other) ? 0 : 1;
        }
      }
    }
    EXPECT_GE(wanted, 500) << dimension;
    EXPECT_LE(missed, wanted / 100) << dimension;
    EXPECT_LE(answered, 400 * 400U) << "a tenth of them, at 128 dimensions; " << dimension;
  }
}

TEST(MiddlesTest, WhatIsSetAgainCountsAnew) {
  std::mt19937 random(2);
  Middles middles(256);
  for (std::size_t number = 0; number < 2 * Middles::kFew; ++number) {
    middles.Set(number * 2, RandomVector(256, random));
  }
  const Vector query = RandomVector(256, random);
  EXPECT_THAT(middles.Near(query, 0.9F), testing::IsEmpty());
  middles.Set(100, query);
  EXPECT_THAT(middles.Near(query, 0.9F), testing::ElementsAre(100));
  middles.Set(100, RandomVector(256, random));
  EXPECT_THAT(middles.Near(query, 0.9F), testing::IsEmpty());
}

TEST(MiddlesTest, AFewAreAllNear) {
  std::mt19937 random(3);
  Middles middles(64);
  EXPECT_THAT(middles.Near(RandomVector(64, random), 1), testing::IsEmpty());
  middles.Set(7, RandomVector(64, random));
  middles.Set(3, RandomVector(64, random));
  EXPECT_THAT(middles.Near(RandomVector(64, random), 1), testing::ElementsAre(3, 7));
}

}  // namespace
}  // namespace calotype
