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
};

// A true neighbour is lost with the chance that a normal error is larger than so many of its standard deviations: one
// in 740.
inline constexpr float kCodeSureness = 3;

// Codes in whole groups (code_groups.h), with their factors.
struct CodeSpan {
  std::span<const uint8_t> groups;
  std::span<const float> scales;
  std::span<const float> errors;
};

// What a rotated query is worth by each four bits of a code, as tables for the kernels (code_kernels.h).
class CodedQuery {
 public:
  // What the cosines with the codes at `first`, a multiple of kGroup, to `end` may be at most: the estimates and
  // kCodeSureness times their errors; to `highest[first]` on.
  void Highest(const CodeSpan& codes, std::size_t first, std::size_t end, float* highest) const;

 private:
  friend class Coder;

  std::size_t words_ = 0;
  std::vector<uint8_t> tables_;
  // A code's estimate, before it is scaled: lowest_ + per_level_ * (sum of what it chooses from the tables).
  float lowest_ = 0;
  float per_level_ = 0;
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
