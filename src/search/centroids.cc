#include "search/centroids.h"

#include <algorithm>
#include <limits>

#include "search/vector_index/code_groups.h"

namespace calotype {
namespace {

constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

}  // namespace

void Centroids::Set(std::size_t number, std::span<const float> centroid) {
  if (number >= rows_.size()) {
    rows_.resize(number + 1, kNoRow);
  }
  uint32_t& row = rows_[number];
  if (row == kNoRow) {
    row = static_cast<uint32_t>(numbers_.size());
    numbers_.push_back(number);
    cosines_.resize(GroupsOf(numbers_.size()) * kGroup);
  }
  std::vector<uint64_t> code(2 * coder_.words());
  const CodeFactors factors = coder_.Encode(centroid, code);
  codes_.Set(row, code, factors);
}

std::vector<std::size_t> Centroids::Near(std::span<const float> vector, float floor) {
  std::vector<std::size_t> near;
  if (numbers_.size() <= kFew) {
    near = numbers_;
  } else {
    near_groups_.clear();
    coder_.Ask(vector).Near(codes_.span(), {.end = GroupsOf(numbers_.size()), .bound = floor}, cosines_, near_groups_);
    for (const std::size_t group : near_groups_) {
      for (std::size_t row = group * kGroup; row < std::min((group + 1) * kGroup, numbers_.size()); ++row) {
        if (cosines_[row].highest >= floor) {
          near.push_back(numbers_[row]);
        }
      }
    }
  }
  std::ranges::sort(near);
  return near;
}

}  // namespace calotype
