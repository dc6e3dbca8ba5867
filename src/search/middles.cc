#include "search/middles.h"

#include <algorithm>
#include <limits>

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
    codes_.resize(codes_.size() + coder_.words());
    for (std::vector<float>* const column : {&scales_, &errors_, &bits_, &estimates_, &highest_}) {
      column->push_back(0);
    }
  }
  const CodeFactors factors = coder_.Encode(middle, std::span(codes_).subspan(row * coder_.words(), coder_.words()));
  scales_[row] = factors.scale;
  errors_[row] = factors.error;
  bits_[row] = factors.bits;
}

std::vector<std::size_t> Middles::Near(std::span<const float> vector, float floor) {
  std::vector<std::size_t> near;
  if (numbers_.size() <= kFew) {
    near = numbers_;
  } else {
    coder_.Ask(vector).Estimate({.codes = codes_, .scales = scales_, .errors = errors_, .bits = bits_}, 0,
                                numbers_.size(), estimates_.data(), highest_.data());
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
