// A fixed random rotation, after which the signs of a vector's coordinates say most about its direction.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace calotype {

// Four rounds of seeded sign changes and a Hadamard transform, of the first and of the last 2^k coordinates in turn, so
// that any multiple of 64 is a size: orthogonal, n log n. The same for every index of a dimension. Immutable.
class Rotation {
 public:
  // Vectors of `dimension` are filled up with zeros to `padded()`, the next multiple of 64.
  explicit Rotation(std::size_t dimension);

  std::size_t padded() const { return padded_; }

  // `out` has padded() floats.
  void Apply(std::span<const float> vector, std::span<float> out) const;

 private:
  const std::size_t padded_;
  std::vector<float> signs_;  // of each round
};

}  // namespace calotype
