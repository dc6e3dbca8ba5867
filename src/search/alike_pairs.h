// Finds all pairs of similar vectors among many, comparing few of them in full.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/kernels.h"

namespace calotype {

// The orthonormal directions along which a sample of vectors has the largest components (found by power iteration).
// AlikePairs compares these components first. Any directions give the same pairs; these leave the fewest pairs to
// compare in full.
class MainDirections {
 public:
  static constexpr std::size_t kCount = 64;

  // `sample`: vectors of `dimension` numbers each, one after the other.
  MainDirections(std::span<const float> sample, std::size_t dimension);

  std::size_t dimension() const { return dimension_; }
  std::span<const float> direction(std::size_t i) const {
    return std::span(directions_).subspan(i * dimension_, dimension_);
  }

 private:
  void Orthogonalise();

  const std::size_t dimension_;
  std::vector<float> directions_;  // zero vectors if the sample has fewer directions
};

// The number of vectors stored side by side and compared at the same time.
inline constexpr std::size_t kAlikeLanes = 32;
// The numbers stored for a vector: its components along the main directions, and the length of the rest.
inline constexpr std::size_t kAlikeNumbers = MainDirections::kCount + 1;

// Computes the dot products of `own` (kAlikeNumbers numbers) with kAlikeLanes vectors into `bounds`. `block` has the
// first number of each of these vectors, then the second, and so on. Returns true if one product is at least `enough`.
using AlikeKernel = bool (*)(const float* own, const float* block, float enough, float* bounds);
// All kernels of this build, the fastest first, the portable one ("scalar") last. The environment variable
// CALOTYPE_ALIKE_KERNEL selects another than the first that this CPU supports. Their results differ by rounding only.
std::span<const NamedKernel<AlikeKernel>> AlikeKernels();

// Takes 260 bytes for each vector. By the Cauchy-Schwarz inequality, the dot product of two vectors is at most the
// product of their components along the main directions plus the product of the lengths of the rest. Pairs for which
// this bound is too low are skipped.
class AlikePairs {
 public:
  explicit AlikePairs(const MainDirections& directions) : directions_(directions) {}

  void Add(std::span<const float> vector);
  std::size_t size() const { return size_; }

  // Calls `may_be` for every pair whose dot product may be at least `at_least`, in any order; for photos, few of these
  // pairs are below it. Stops when `may_be` returns false. Compares with `threads` threads, which call `may_be` one at
  // a time. The time grows with the square of size(): 64 multiplications for each pair.
  void ForEach(float at_least, int threads,
               const std::function<bool(std::size_t later, std::size_t earlier)>& may_be) const;

 private:
  using Rows = std::vector<std::array<float, kAlikeNumbers>>;
  using Candidates = std::vector<std::pair<std::size_t, std::size_t>>;

  // Compares the vectors `rows` of the block `later` with those before them in the block `earlier`.
  Candidates CandidatesIn(std::size_t later, std::size_t earlier, const Rows& rows, AlikeKernel multiply_all,
                          float enough) const;
  std::array<float, kAlikeNumbers> NumbersOf(std::size_t i) const;

  const MainDirections& directions_;
  std::size_t size_ = 0;
  std::vector<float> blocks_;
};

}  // namespace calotype
