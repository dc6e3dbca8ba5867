// Finds, among the centroids of many people's faces, those that are near a face.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/vector_index/code_list.h"
#include "search/vector_index/coder.h"

namespace calotype {

// A collection of unit vectors of one dimension, each with a number. Stores only their codes (Coder), a quarter of a
// byte per coordinate. Not thread-safe.
class Centroids {
 public:
  // With at most this many centroids, Near() returns all of them: comparing codes would not save time.
  static constexpr std::size_t kFew = 256;

  explicit Centroids(std::size_t dimension) : coder_(std::vector<float>(dimension)), codes_(coder_.words()) {}

  // Adds or replaces a centroid. Memory is allocated for all numbers up to the highest.
  void Set(std::size_t number, std::span<const float> centroid);
  // Returns the numbers, in ascending order, of all centroids that may have a cosine of at least `floor` with `vector`.
  // Some of them have less. A centroid barely above `floor` is missed with the probability given at kCodeSureness.
  std::vector<std::size_t> Near(std::span<const float> vector, float floor);

 private:
  const Coder coder_;
  std::vector<uint32_t> rows_;  // indexed by number; kNoRow: no such centroid
  std::vector<std::size_t> numbers_;
  CodeList codes_;  // indexed by row
  // Buffers for Near().
  std::vector<CosineEstimate> cosines_;
  std::vector<std::size_t> near_groups_;
};

}  // namespace calotype
