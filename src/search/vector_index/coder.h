// A vector becomes one bit per coordinate, and what many such codes and a query tell of their cosines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/vector_index/rotation.h"

namespace calotype {

// What the search needs of a vector beside its code's bits.
struct CodeFactors {
  float scale = 0;  // from the product of code and query to the estimated cosine
  float error = 0;  // standard deviation of that estimate
  float bits = 0;   // bits that are set in the code
};

// A true neighbour is lost with the chance that a normal error is larger than so many of its standard deviations: one
// in 740.
inline constexpr float kCodeSureness = 3;

// Codes that lie one after the other, with their factors.
struct CodeSpan {
  std::span<const uint64_t> codes;
  std::span<const float> scales;
  std::span<const float> errors;
  std::span<const float> bits;
};

// A rotated query in kQueryBits bits a coordinate: value = lowest + step * level.
class CodedQuery {
 public:
  // The estimated cosines with the codes at `first` to `end`, and what they may be at most, as far as kCodeSureness
  // goes; to `estimates[first]` and `highest[first]` on.
  void Estimate(const CodeSpan& codes, std::size_t first, std::size_t end, float* estimates, float* highest) const;

 private:
  friend class Coder;

  std::size_t words_ = 0;
  std::vector<uint64_t> planes_;
  float lowest_ = 0;
  float step_ = 0;
  float sum_ = 0;   // of all coordinates
  float root_ = 1;  // 1 / sqrt(number of coordinates)
};

// The sign of each coordinate after a random rotation, and RaBitQ's unbiased estimate of the cosine from them (Gao and
// Long, SIGMOD 2024). Unit vectors. Immutable.
class Coder {
 public:
  explicit Coder(std::size_t dimension) : rotation_(dimension) {}

  // 64-bit words of a code.
  std::size_t words() const { return rotation_.padded() / 64; }
  // `code` has words() words.
  CodeFactors Encode(std::span<const float> vector, std::span<uint64_t> code) const;
  CodedQuery Ask(std::span<const float> query) const;

 private:
  const Rotation rotation_;
};

}  // namespace calotype
