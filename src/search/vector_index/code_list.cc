#include "search/vector_index/code_list.h"

#include <algorithm>

#include "search/vector_index/code_groups.h"

namespace calotype {

void CodeList::Set(std::size_t row, std::span<const uint64_t> code, const CodeFactors& factors) {
  size_ = std::max(size_, row + 1);
  const std::size_t bytes = GroupBytes(words_);
  const auto put = [&](std::span<const uint64_t> plane, std::vector<uint8_t>& groups) {
    groups.resize(GroupsOf(size_) * bytes);
    PutCode(plane, row % kGroup, std::span(groups).subspan(row / kGroup * bytes, bytes));
  };
  put(code.first(words_), signs_);
  put(code.last(words_), sizes_);
  const auto set = [&](float value, std::vector<float>& values) {
    values.resize(GroupsOf(size_) * kGroup);
    values[row] = value;
  };
  set(factors.scale, scales_);
  set(factors.error, errors_);
  set(factors.fine_scale, fine_scales_);
  set(factors.fine_error, fine_errors_);
}

}  // namespace calotype
