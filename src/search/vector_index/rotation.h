// A fixed random rotation, applied before encoding: the signs of random coordinates say the most about a vector's
// direction.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace calotype {

// Four rounds of random sign changes and a Hadamard transform, alternately of the first and of the last 2^k
// coordinates, so that every multiple of 64 is possible. Orthogonal; takes O(n log n). The same for every index of a
// dimension. Immutable.
class Rotation {
 public:
  // Vectors of `dimension` are padded with zeros to padded(), the next multiple of 64.
  explicit Rotation(std::size_t dimension);

  std::size_t padded() const { return padded_; }

  // Rotates `vector`. `out` must have padded() elements.
  void Apply(std::span<const float> vector, std::span<float> out) const;

 private:
  const std::size_t padded_;
  std::vector<float> signs_;  // for each round
};

}  // namespace calotype
