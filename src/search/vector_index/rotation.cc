#include "search/vector_index/rotation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

namespace calotype {
namespace {

constexpr std::size_t kRounds = 4;
constexpr std::size_t kWordBits = 64;
// An arbitrary number. Stored codes depend on it.
constexpr uint64_t kSeed = 20'241'123;

// In place; the size must be a power of two. Scaled to preserve lengths.
void Hadamard(std::span<float> vector) {
  for (std::size_t half = 1; half < vector.size(); half *= 2) {
    for (std::size_t block = 0; block < vector.size(); block += 2 * half) {
      for (std::size_t i = block; i < block + half; ++i) {
        const float a = vector[i];
        const float b = vector[i + half];
        vector[i] = a + b;
        vector[i + half] = a - b;
      }
    }
  }
  const float scale = 1 / std::sqrt(static_cast<float>(vector.size()));
  for (float& value : vector) {
    value *= scale;
  }
}

}  // namespace

Rotation::Rotation(std::size_t dimension) : padded_((dimension + kWordBits - 1) / kWordBits * kWordBits) {
  std::mt19937_64 random(kSeed);  // its numbers are defined by the C++ standard, so they are the same everywhere
  for (std::size_t i = 0; i < kRounds * padded_; ++i) {
    signs_.push_back((random() & 1U) != 0 ? 1.0F : -1.0F);
  }
}

void Rotation::Apply(std::span<const float> vector, std::span<float> out) const {
  std::ranges::fill(out, 0.0F);
  std::ranges::copy(vector, out.begin());
  const std::size_t length = std::bit_floor(padded_);
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < padded_; ++i) {
      out[i] *= signs_[round * padded_ + i];
    }
    Hadamard(round % 2 == 0 ? out.first(length) : out.last(length));
  }
}

}  // namespace calotype
