// The middles of a hundred thousand people's faces, and which of them a face is near to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/vector_index/code_list.h"
#include "search/vector_index/coder.h"

namespace calotype {

// Unit vectors of one dimension, by number; of each its code alone is kept (Coder), a quarter of a byte a coordinate.
// One thread.
class Middles {
 public:
  // So many are not worth a code: all of them are near.
  static constexpr std::size_t kFew = 256;

  explicit Middles(std::size_t dimension) : coder_(std::vector<float>(dimension)), codes_(coder_.words()) {}

  // `number`s should be dense: there is a place for each up to the highest.
  void Set(std::size_t number, std::span<const float> middle);
  // The numbers of all middles that may have a cosine of `floor` or more with `vector`, rising; some have less. One
  // that has is missed with the chance that kCodeSureness tells, if it has hardly more.
  std::vector<std::size_t> Near(std::span<const float> vector, float floor);

 private:
  const Coder coder_;
  std::vector<uint32_t> rows_;  // by number; kNoRow: none
  std::vector<std::size_t> numbers_;
  CodeList codes_;  // by row
  // Of the latest Near():
  std::vector<CosineEstimate> cosines_;
  std::vector<std::size_t> near_groups_;
};

}  // namespace calotype
