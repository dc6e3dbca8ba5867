#include "search/vector_index/coder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "search/vector_index/code_kernels.h"

namespace calotype {
namespace {

constexpr std::size_t kWordBits = 64;
constexpr float kQueryLevels = (1U << kQueryBits) - 1;
// Codes whose weighted bits are counted at a time; what they come to stays in the first cache.
constexpr std::size_t kTogether = 1024;

float SumOf(std::span<const float> values) {
  float sum = 0;
  for (const float value : values) {
    sum += value;
  }
  return sum;
}

}  // namespace

void CodedQuery::Estimate(const CodeSpan& codes, std::size_t first, std::size_t end, float* estimates,
                          float* highest) const {
  // A code's scale times the product of the query with the code, as a vector of +-root.
  const float per_bit = 2 * root_ * lowest_;
  const float per_weight = 2 * root_ * step_;
  const float constant = -root_ * sum_;
  const CodeKernel kernel = CodeKernelInUse().run;
  std::array<uint32_t, kTogether> weighted;
  for (std::size_t start = first; start < end; start += kTogether) {
    const std::size_t count = std::min(kTogether, end - start);
    kernel(codes.codes.data() + start * words_, words_, count, planes_.data(), weighted.data());
    for (std::size_t i = 0; i < count; ++i) {
      const auto weight = static_cast<float>(static_cast<int32_t>(weighted[i]));
      estimates[start + i] =
          codes.scales[start + i] * (per_bit * codes.bits[start + i] + per_weight * weight + constant);
      highest[start + i] = estimates[start + i] + kCodeSureness * codes.errors[start + i];
    }
  }
}

CodeFactors Coder::Encode(std::span<const float> vector, std::span<uint64_t> code) const {
  std::vector<float> rotated(rotation_.padded());
  rotation_.Apply(vector, rotated);
  std::ranges::fill(code, uint64_t{0});
  float bits = 0;
  float sum_of_sizes = 0;
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    sum_of_sizes += std::abs(rotated[i]);
    if (rotated[i] > 0) {
      code[i / kWordBits] |= uint64_t{1} << (i % kWordBits);
      ++bits;
    }
  }
  // The cosine of the code with its own vector: about 0.8. The estimate divides by it, and its error depends on it.
  const auto coordinates = static_cast<float>(rotated.size());
  const float own = std::max(sum_of_sizes / std::sqrt(coordinates), 1e-6F);
  const float error = std::sqrt(std::max(0.0F, 1 - own * own) / (own * own * (coordinates - 1)));
  return {.scale = 1 / own, .error = error, .bits = bits};
}

CodedQuery Coder::Ask(std::span<const float> query) const {
  std::vector<float> rotated(rotation_.padded());
  rotation_.Apply(query, rotated);
  const auto [lowest, highest] = std::ranges::minmax(rotated);
  CodedQuery coded;
  coded.words_ = words();
  coded.planes_.resize(kQueryBits * words());
  coded.lowest_ = lowest;
  coded.step_ = std::max((highest - lowest) / kQueryLevels, 1e-12F);
  coded.sum_ = SumOf(rotated);
  coded.root_ = 1 / std::sqrt(static_cast<float>(rotated.size()));
  // Rounded at random, so that the errors of the coordinates do not add up to one side.
  std::minstd_rand random(1);
  std::uniform_real_distribution<float> fraction(0, 1);
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    const float exact = (rotated[i] - coded.lowest_) / coded.step_;
    const auto level = static_cast<uint64_t>(std::clamp(std::floor(exact + fraction(random)), 0.0F, kQueryLevels));
    for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
      coded.planes_[bit * words() + i / kWordBits] |= (level >> bit & 1U) << (i % kWordBits);
    }
  }
  return coded;
}

}  // namespace calotype
