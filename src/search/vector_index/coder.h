// A vector becomes two bits per coordinate, and what many such codes and a query tell of their cosines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/vector_index/rotation.h"

namespace calotype {

// What the search needs of a vector beside its code's bits.
struct CodeFactors {
  float scale = 0;       // from the product of the signs and the query to the estimated cosine
  float error = 0;       // standard deviation of that estimate
  float fine_scale = 0;  // the same of signs and sizes together
  float fine_error = 0;
};

// A true neighbour is lost with the chance that a normal error is larger than so many of its standard deviations: one
// in 740.
inline constexpr float kCodeSureness = 3;

// Codes in groups (code_groups.h), with their factors. There are whole groups of all; of those at the end of the last
// one that are no code, anything may be told.
struct CodeSpan {
  std::span<const uint8_t> signs;
  std::span<const uint8_t> sizes;
  std::span<const float> scales;  // CodeFactors
  std::span<const float> errors;
  std::span<const float> fine_scales;
  std::span<const float> fine_errors;
};

// A cosine that is estimated, and the most that it may be: kCodeSureness times its error more.
struct CosineEstimate {
  float estimate = 0;
  float highest = 0;
};

// What a rotated query is worth by each four bits of a code, as tables for the kernels (code_kernels.h).
class CodedQuery {
 public:
  // What Near() looks at.
  struct Range {
    std::size_t first = 0;  // group
    std::size_t end = 0;
    float bound = 0;
    // Of each group, from 0 on, a bit for each code that counts; empty: all count.
    std::span<const uint32_t> masks;
  };

  // Of the groups of `range`: those in which a cosine that counts may be as high as the bound, added to `near`. Of each
  // of their codes `cosines` has what is known, from kGroup times the group's number on: by signs and sizes, or by
  // signs alone in groups in which one code at most may reach it.
  void Near(const CodeSpan& codes, const Range& range, std::span<CosineEstimate> cosines,
            std::vector<std::size_t>& near) const;

 private:
  friend class Coder;

  // Near(), where the tables hold `levels` of the signs.
  void LookCloser(const CodeSpan& codes, const Range& range, const uint16_t* levels, std::span<CosineEstimate> cosines,
                  std::vector<std::size_t>& near) const;

  std::size_t words_ = 0;
  std::vector<uint8_t> tables_;
  // A code's product with the query: lowest_ + per_level_ * (sum of what it chooses from the tables).
  float lowest_ = 0;
  float per_level_ = 0;
  float beside_ = 0;  // the mean's product with the query, which every cosine has
};

// RaBitQ's unbiased estimate of a cosine (Gao and Long, SIGMOD 2024) from the signs of a randomly rotated vector's
// coordinates, and a finer one from their signs and sizes. Coded is what a vector has beside the mean of all:
// embeddings of photos lie in a narrow cone, and the error goes with the length of what is coded. Unit vectors.
// Immutable.
class Coder {
 public:
  // `mean` is that of vectors like those to come, or as many zeros. Codes of another mean tell nothing.
  explicit Coder(std::span<const float> mean) : mean_(mean.begin(), mean.end()), rotation_(mean.size()) {}

  // 64-bit words of the signs, and of the sizes.
  static constexpr std::size_t WordsOf(std::size_t dimension) { return (dimension + 63) / 64; }
  std::size_t words() const { return WordsOf(mean_.size()); }
  // `code` has twice words() words: first signs, then sizes. A size is a bit that is the sign's for a large coordinate,
  // and not the sign's for a small one: so the tables of a query serve both.
  CodeFactors Encode(std::span<const float> vector, std::span<uint64_t> code) const;
  CodedQuery Ask(std::span<const float> query) const;

 private:
  const std::vector<float> mean_;
  const Rotation rotation_;
};

}  // namespace calotype
