#include "search/middles.h"

#include <algorithm>
#include <limits>

#include "search/vector_index/code_groups.h"

namespace calotype {
namespace {

constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

}  // namespace

void Middles::Set(std::size_t number, std::span<const float> middle) {
  if (number >= rows_.size()) {
    rows_.resize(number + 1, kNoRow);
  }
  uint32_t& row = rows_[number];
  if (row == kNoRow) {
    row = static_cast<uint32_t>(numbers_.size());
    numbers_.push_back(number);
    groups_.resize(GroupsOf(numbers_.size()) * GroupBytes(coder_.words()));
    for (std::vector<float>* const column : {&scales_, &errors_, &highest_}) {
      column->push_back(0);
    }
  }
  std::vector<uint64_t> code(coder_.words());
  const CodeFactors factors = coder_.Encode(middle, code);
  const std::size_t bytes = GroupBytes(coder_.words());
  PutCode(code, row % kGroup, std::span(groups_).subspan(row / kGroup * bytes, bytes));
  scales_[row] = factors.scale;
  errors_[row] = factors.error;
}

std::vector<std::size_t> Middles::Near(std::span<const float> vector, float floor) {
  std::vector<std::size_t> near;
  if (numbers_.size() <= kFew) {
    near = numbers_;
  } else {
    coder_.Ask(vector).Highest({.groups = groups_, .scales = scales_, .errors = errors_}, 0, numbers_.size(),
                               highest_.data());
    for (std::size_t row = 0; row < numbers_.size(); ++row) {
      if (highest_[row] >= floor) {
        near.push_back(numbers_[row]);
      }
    }
  }
  std::ranges::sort(near);
  return near;
}

}  // namespace calotype
