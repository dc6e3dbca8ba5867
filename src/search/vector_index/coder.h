// Encodes vectors with two bits per coordinate, and estimates cosines from such codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/vector_index/rotation.h"

namespace calotype {

// The numbers that a search needs for each vector besides the bits of its code.
struct CodeFactors {
  float scale = 0;       // factor from the product of signs and query to the estimated cosine
  float error = 0;       // standard deviation of that estimate
  float fine_scale = 0;  // the same for signs and sizes together
  float fine_error = 0;
};

// A search assumes that an estimate is too low by at most this many standard deviations of its error. For a normally
// distributed error, the probability of missing a true neighbour is one in 740.
inline constexpr float kCodeSureness = 3;

// Codes in groups (code_groups.h) and their factors. All arrays have whole groups. Entries after the last code have no
// meaning.
struct CodeSpan {
  std::span<const uint8_t> signs;
  std::span<const uint8_t> sizes;
  std::span<const float> scales;  // CodeFactors
  std::span<const float> errors;
  std::span<const float> fine_scales;
  std::span<const float> fine_errors;
};

// An estimated cosine, and the estimate plus kCodeSureness times its error.
struct CosineEstimate {
  float estimate = 0;
  float highest = 0;
};

// A query, rotated and converted to tables for the kernels (code_kernels.h).
class CodedQuery {
 public:
  // The part of the codes that Near() examines.
  struct Range {
    std::size_t first = 0;  // first group
    std::size_t end = 0;
    float bound = 0;
    // One bit for each code, for all groups from 0 on: 1 if the search may find the code. Empty: it may find all.
    std::span<const uint32_t> masks;
  };

  // Appends to `near` each group of `range` in which some code with its bit in `masks` may have a cosine of at least
  // the bound. For the kGroup codes of such a group g, sets cosines[kGroup * g] and the following ones. The estimates
  // use signs and sizes; only signs if at most one code of the group may reach the bound.
  void Near(const CodeSpan& codes, const Range& range, std::span<CosineEstimate> cosines,
            std::vector<std::size_t>& near) const;

 private:
  friend class Coder;

  // The second step of Near(). `levels` are the sums for the signs.
  void LookCloser(const CodeSpan& codes, const Range& range, const uint16_t* levels, std::span<CosineEstimate> cosines,
                  std::vector<std::size_t>& near) const;

  std::size_t words_ = 0;
  std::vector<uint8_t> tables_;
  // A code's product with the query is lowest_ + per_level_ * (sum of its table entries).
  float lowest_ = 0;
  float per_level_ = 0;
  float beside_ = 0;  // the mean's product with the query, a part of every cosine
};

// Computes RaBitQ's unbiased estimate of a cosine (Gao and Long, SIGMOD 2024) from the signs of a randomly rotated
// vector's coordinates, and a more precise one from their signs and sizes. A code represents the difference of a vector
// to the mean of all vectors: embeddings of photos lie in a narrow cone, and the error is proportional to the length of
// the difference. For unit vectors. Immutable.
class Coder {
 public:
  // `mean`: the mean of similar vectors, or zeros. Codes and queries must use the same mean.
  explicit Coder(std::span<const float> mean) : mean_(mean.begin(), mean.end()), rotation_(mean.size()) {}

  // The number of 64-bit words for the signs; the sizes need as many.
  static constexpr std::size_t WordsOf(std::size_t dimension) { return (dimension + 63) / 64; }
  std::size_t words() const { return WordsOf(mean_.size()); }
  // Encodes a vector into `code`, which has 2 * words() words: signs, then sizes. The size bit equals the sign bit for
  // a large coordinate and differs from it for a small one, so that a query's tables serve for both.
  CodeFactors Encode(std::span<const float> vector, std::span<uint64_t> code) const;
  CodedQuery Ask(std::span<const float> query) const;

 private:
  const std::vector<float> mean_;
  const Rotation rotation_;
};

}  // namespace calotype
