#include "search/vector_index/coder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "search/vector_index/code_kernels.h"

namespace calotype {
namespace {

constexpr std::size_t kWordBits = 64;
constexpr std::size_t kTableBits = 4;
static_assert(1U << kTableBits == kTableEntries);
// Codes of which the tables' sums are made at a time; they stay in the first cache.
constexpr std::size_t kTogether = 128 * kGroup;

// What four coordinates add up to where a code's bits are set, less the lowest that there is.
std::array<float, kTableEntries> SumsOf(std::span<const float> coordinates) {
  std::array<float, kTableEntries> sums{};
  for (std::size_t entry = 0; entry < kTableEntries; ++entry) {
    for (std::size_t bit = 0; bit < kTableBits; ++bit) {
      const bool is_set = (entry >> bit & 1U) != 0;
      sums[entry] += std::max(is_set ? coordinates[bit] : -coordinates[bit], 0.0F);
    }
  }
  return sums;
}

float SumOfSizes(std::span<const float> values) {
  float sum = 0;
  for (const float value : values) {
    sum += std::abs(value);
  }
  return sum;
}

}  // namespace

void CodedQuery::Highest(const CodeSpan& codes, std::size_t first, std::size_t end, float* highest) const {
  const CodeKernel kernel = CodeKernelInUse().run;
  const std::size_t bytes = words_ * sizeof(uint64_t);
  std::array<uint16_t, kTogether> levels;
  for (std::size_t start = first; start < end; start += kTogether) {
    const std::size_t count = std::min(kTogether, end - start);
    kernel(&codes.groups[start * bytes], bytes, GroupsOf(count), tables_.data(), levels.data());
    for (std::size_t i = 0; i < count; ++i) {
      const float estimate = codes.scales[start + i] * (lowest_ + per_level_ * static_cast<float>(levels[i]));
      highest[start + i] = estimate + kCodeSureness * codes.errors[start + i];
    }
  }
}

CodeFactors Coder::Encode(std::span<const float> vector, std::span<uint64_t> code) const {
  std::vector<float> rotated(rotation_.padded());
  rotation_.Apply(vector, rotated);
  std::ranges::fill(code, uint64_t{0});
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    if (rotated[i] > 0) {
      code[i / kWordBits] |= uint64_t{1} << (i % kWordBits);
    }
  }
  // The cosine of the code with its own vector: about 0.8. The estimate divides by it, and its error depends on it.
  const auto coordinates = static_cast<float>(rotated.size());
  const float own = std::max(SumOfSizes(rotated) / std::sqrt(coordinates), 1e-6F);
  const float error = std::sqrt(std::max(0.0F, 1 - own * own) / (own * own * (coordinates - 1)));
  return {.scale = 1 / own, .error = error};
}

CodedQuery Coder::Ask(std::span<const float> query) const {
  std::vector<float> rotated(rotation_.padded());
  rotation_.Apply(query, rotated);
  const std::size_t tables = rotated.size() / kTableBits;
  // Their own lowest is taken off each table, so the widest spans the levels, and no sum of a code passes 65,535.
  float widest = 0;
  for (std::size_t i = 0; i < rotated.size(); i += kTableBits) {
    widest = std::max(widest, SumOfSizes(std::span(rotated).subspan(i, kTableBits)));
  }
  const std::size_t levels = std::clamp<std::size_t>(std::numeric_limits<uint16_t>::max() / tables, 1, kMaxLevel);
  const float level = std::max(widest / static_cast<float>(levels), 1e-12F);
  CodedQuery coded;
  coded.words_ = words();
  coded.tables_.reserve(tables * kTableEntries);
  for (std::size_t i = 0; i < rotated.size(); i += kTableBits) {
    for (const float sum : SumsOf(std::span(rotated).subspan(i, kTableBits))) {
      coded.tables_.push_back(static_cast<uint8_t>(std::lround(sum / level)));
    }
  }
  // The product of the query with the code, as a vector of +-root.
  const float root = 1 / std::sqrt(static_cast<float>(rotated.size()));
  coded.lowest_ = -root * SumOfSizes(rotated);
  coded.per_level_ = 2 * root * level;
  return coded;
}

}  // namespace calotype
