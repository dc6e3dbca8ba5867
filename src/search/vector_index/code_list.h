// A list of codes in memory, in the layout that a search needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/vector_index/coder.h"

namespace calotype {

// Not thread-safe.
class CodeList {
 public:
  // `words`: Coder::words().
  explicit CodeList(std::size_t words) : words_(words) {}

  std::size_t size() const { return size_; }
  // Replaces the code in `row`, or appends one if `row` is size().
  void Set(std::size_t row, std::span<const uint64_t> code, const CodeFactors& factors);
  CodeSpan span() const {
    return {.signs = signs_,
            .sizes = sizes_,
            .scales = scales_,
            .errors = errors_,
            .fine_scales = fine_scales_,
            .fine_errors = fine_errors_};
  }

 private:
  const std::size_t words_;
  std::size_t size_ = 0;
  std::vector<uint8_t> signs_;
  std::vector<uint8_t> sizes_;
  std::vector<float> scales_;
  std::vector<float> errors_;
  std::vector<float> fine_scales_;
  std::vector<float> fine_errors_;
};

}  // namespace calotype
