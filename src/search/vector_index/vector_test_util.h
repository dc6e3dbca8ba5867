// Vectors for the tests of the index.
#pragma once

#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <vector>

#include "base/half.h"

namespace calotype {

inline void Normalise(std::span<float> vector) {
  float sum = 0;
  for (const float value : vector) {
    sum += value * value;
  }
  for (float& value : vector) {
    value /= std::sqrt(sum);
  }
}

// Unit vectors around a few centres, as embeddings of photos lie.
class ClusteredVectors {
 public:
  ClusteredVectors(std::size_t dimension, std::size_t centres, uint32_t seed) : random_(seed) {
    for (std::size_t i = 0; i < centres; ++i) {
      centres_.push_back(Gaussian(dimension));
    }
  }
  std::vector<float> Next() {
    std::vector<float> vector = Gaussian(centres_[0].size());
    const std::vector<float>& centre = centres_[random_() % centres_.size()];
    for (std::size_t i = 0; i < vector.size(); ++i) {
      vector[i] = 0.6F * centre[i] + 0.4F * vector[i];
    }
    Normalise(vector);
    return vector;
  }
  std::vector<uint16_t> NextHalves() { return ToHalf(Next()); }

 private:
  std::vector<float> Gaussian(std::size_t dimension) {
    std::vector<float> vector(dimension);
    for (float& value : vector) {
      value = normal_(random_);
    }
    return vector;
  }

  std::mt19937 random_;
  std::normal_distribution<float> normal_;
  std::vector<std::vector<float>> centres_;
};

}  // namespace calotype
