#include "search/dot.h"

#include <array>
#include <bit>
#include <cstddef>

namespace calotype {
namespace {

// Sums that do not wait for each other; the compiler makes one or two registers of them.
constexpr std::size_t kLanes = 16;

float ToFloat(float value) { return value; }

// The half's exponent and mantissa, moved to where a float has them, lack only the difference of the two biases: a
// factor of 2^(127 - 15). Right for zero and subnormal halves too; infinities become large numbers.
float ToFloat(uint16_t half) {
  constexpr float kBias = 0x1p112F;
  const auto magnitude = std::bit_cast<float>((half & 0x7fffU) << 13U) * kBias;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | (half & 0x8000U) << 16U);
}

template <typename Element>
float Sum(std::span<const float> a, std::span<const Element> b) {
  if (a.size() != b.size()) {
    return 0;
  }
  std::array<float, kLanes> lanes{};
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] += a[i + lane] * ToFloat(b[i + lane]);
    }
  }
  for (std::size_t lane = 0; i < a.size(); ++i, ++lane) {
    lanes[lane] += a[i] * ToFloat(b[i]);
  }
  float sum = 0;
  for (const float lane : lanes) {
    sum += lane;
  }
  return sum;
}

}  // namespace

float Dot(std::span<const float> a, std::span<const float> b) { return Sum(a, b); }

float DotHalves(std::span<const float> a, std::span<const uint16_t> halves) { return Sum(a, halves); }

}  // namespace calotype
