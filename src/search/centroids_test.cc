#include "search/centroids.h"

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

// A random vector whose cosine with `centroid` is about `share`.
Vector Near(const Vector& centroid, float share, std::mt19937& random) {
  Vector vector = RandomVector(centroid.size(), random);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    vector[i] = share * centroid[i] + std::sqrt(1 - share * share) * vector[i];
  }
  Normalise(vector);
  return vector;
}

TEST(CentroidsTest, FindsNearlyAllThatAreNearAndFewOthers) {
  for (const std::size_t dimension : {128, 500, 1024}) {
    std::mt19937 random(1);
    Centroids centroids(dimension);
    std::vector<Vector> vectors;
    for (std::size_t i = 0; i < 4000; ++i) {
      vectors.push_back(i % 2 == 0 ? RandomVector(dimension, random) : Near(vectors[i - 1], 0.6F, random));
      centroids.Set(i, vectors[i]);
    }
    int wanted = 0;
    int missed = 0;
    std::size_t answered = 0;
    for (std::size_t i = 0; i < vectors.size(); i += 10) {
      const Vector query = Near(vectors[i], 0.8F, random);
      const std::vector<std::size_t> near = centroids.Near(query, 0.45F);
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

TEST(CentroidsTest, SetReplacesACentroid) {
  std::mt19937 random(2);
  Centroids centroids(256);
  for (std::size_t number = 0; number < 2 * Centroids::kFew; ++number) {
    centroids.Set(number * 2, RandomVector(256, random));
  }
  const Vector query = RandomVector(256, random);
  EXPECT_THAT(centroids.Near(query, 0.9F), testing::IsEmpty());
  centroids.Set(100, query);
  EXPECT_THAT(centroids.Near(query, 0.9F), testing::ElementsAre(100));
  centroids.Set(100, RandomVector(256, random));
  EXPECT_THAT(centroids.Near(query, 0.9F), testing::IsEmpty());
}

TEST(CentroidsTest, ASmallCollectionIsReturnedCompletely) {
  std::mt19937 random(3);
  Centroids centroids(64);
  EXPECT_THAT(centroids.Near(RandomVector(64, random), 1), testing::IsEmpty());
  centroids.Set(7, RandomVector(64, random));
  centroids.Set(3, RandomVector(64, random));
  EXPECT_THAT(centroids.Near(RandomVector(64, random), 1), testing::ElementsAre(3, 7));
}

}  // namespace
}  // namespace calotype
