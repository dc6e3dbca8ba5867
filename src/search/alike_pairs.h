// Every pair of many vectors that are alike, none missed and few compared whole.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/kernels.h"

namespace calotype {

// The directions in which vectors differ most from nothing, of unit length and at right angles to each other: as many
// as AlikePairs compares first. Power iterations over a sample; any directions would give the same pairs, these leave
// the fewest to compare whole.
class MainDirections {
 public:
  static constexpr std::size_t kCount = 64;

  // From vectors of `dimension` numbers, one after the other.
  MainDirections(std::span<const float> sample, std::size_t dimension);

  std::size_t dimension() const { return dimension_; }
  std::span<const float> direction(std::size_t i) const {
    return std::span(directions_).subspan(i * dimension_, dimension_);
  }

 private:
  void Orthogonalise();

  const std::size_t dimension_;
  std::vector<float> directions_;  // all zero where the sample has no more of them
};

// So many vectors lie side by side, so that one is compared with all of them at once.
inline constexpr std::size_t kAlikeLanes = 32;
// What is kept of a vector: its parts along the main directions, and the length of what is left.
inline constexpr std::size_t kAlikeNumbers = MainDirections::kCount + 1;

// Sets `bounds` to the products of `own`, kAlikeNumbers numbers, with those of kAlikeLanes vectors; `block` has the
// first number of each of them, then the second ... Answers whether one is `enough`.
using AlikeKernel = bool (*)(const float* own, const float* block, float enough, float* bounds);
// The fastest first, the portable one ("scalar") last; the environment variable CALOTYPE_ALIKE_KERNEL names another
// than the first that this CPU can run. They differ by roundings.
std::span<const NamedKernel<AlikeKernel>> AlikeKernels();

// Holds 260 bytes for each vector. A product of two vectors is at most that of their parts along the main directions
// and that of the lengths of what is left (Cauchy and Schwarz): pairs for which that is too little are passed over.
class AlikePairs {
 public:
  explicit AlikePairs(const MainDirections& directions) : directions_(directions) {}

  void Add(std::span<const float> vector);
  std::size_t size() const { return size_; }

  // Calls `may_be` with every pair, the later one first, whose product may be `at_least` or more, and few others: about
  // as many as have it, where vectors are photos; ends when it answers false. The time grows with the square of size():
  // 64 products a pair.
  void ForEach(float at_least, const std::function<bool(std::size_t later, std::size_t earlier)>& may_be) const;

 private:
  std::array<float, kAlikeNumbers> NumbersOf(std::size_t i) const;

  const MainDirections& directions_;
  std::size_t size_ = 0;
  std::vector<float> blocks_;
};

}  // namespace calotype
