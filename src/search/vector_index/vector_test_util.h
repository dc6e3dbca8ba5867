// Vectors for tests of the index.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
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

// Random unit vectors around a few centres, similar to embeddings of photos.
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

// Sets the version in both headers of the file `codes` (see docs/vector-index.md) and updates their checksums.
inline void SetVersionOfIndex(const std::filesystem::path& codes, uint32_t version) {
  constexpr std::size_t kVersionAt = 8;
  constexpr std::size_t kCheckAt = 88;
  std::fstream file(codes, std::ios::in | std::ios::out | std::ios::binary);
  for (const std::streamoff header : {0, 2048}) {
    char bytes[kCheckAt];
    file.seekg(header).read(bytes, sizeof(bytes));
    std::memcpy(bytes + kVersionAt, &version, sizeof(version));
    uint64_t sum = 0x3176'6f6c'6143'6376;
    for (std::size_t at = 0; at <= kCheckAt;
         at += sizeof(sum)) {  // the last round adds the remaining bytes, of which there are none
      uint64_t word = 0;
      if (at < kCheckAt) {
        std::memcpy(&word, bytes + at, sizeof(word));
      }
      sum = (sum ^ word) * 0x9e37'79b9'7f4a'7c15;
      sum ^= sum >> 29U;
    }
    file.seekp(header).write(bytes, sizeof(bytes));
    file.write(reinterpret_cast<const char*>(&sum), sizeof(sum));
  }
}

}  // namespace calotype
