#include "search/vector_index/dot.h"

#include <array>
#include <bit>
#include <cstddef>

namespace calotype {
namespace {

// The number of independent sums; the compiler turns them into one or two registers.
constexpr std::size_t kLanes = 16;

[[gnu::always_inline]] inline float ToFloat(float value) { return value; }

// The half's exponent and mantissa, shifted to their position in a float, only need a factor for the different exponent
// bias: 2^(127 - 15). Also correct for zero and subnormal halves; infinities become large numbers.
[[gnu::always_inline]] inline float ToFloat(uint16_t half) {
  constexpr float kBias = 0x1p112F;
  const auto magnitude = std::bit_cast<float>((half & 0x7fffU) << 13U) * kBias;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | (half & 0x8000U) << 16U);
}

// Inlined into each kernel, which is compiled for other instructions.
template <typename Element>
[[gnu::always_inline]] inline float Sum(std::span<const float> a, std::span<const Element> b) {
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

float DotScalar(std::span<const float> a, std::span<const float> b) { return Sum(a, b); }
float DotHalvesScalar(std::span<const float> a, std::span<const uint16_t> halves) { return Sum(a, halves); }

#if defined(__x86_64__)
// Without FMA, because its rounding differs.
[[gnu::target("avx2")]] float DotAvx2(std::span<const float> a, std::span<const float> b) { return Sum(a, b); }
[[gnu::target("avx2")]] float DotHalvesAvx2(std::span<const float> a, std::span<const uint16_t> halves) {
  return Sum(a, halves);
}
bool HasAvx2() { return __builtin_cpu_supports("avx2") != 0; }
#endif

constexpr std::array kKernels = {
#if defined(__x86_64__)
    NamedKernel<DotKernel>{"avx2", HasAvx2, {.dot = DotAvx2, .dot_halves = DotHalvesAvx2}},
#endif
    NamedKernel<DotKernel>{"scalar", [] { return true; }, {.dot = DotScalar, .dot_halves = DotHalvesScalar}},
};

const DotKernel& InUse() {
  static const DotKernel& chosen = ChooseKernel(DotKernels(), "CALOTYPE_DOT_KERNEL").run;
  return chosen;
}

}  // namespace

std::span<const NamedKernel<DotKernel>> DotKernels() { return kKernels; }

float Dot(std::span<const float> a, std::span<const float> b) { return InUse().dot(a, b); }

float DotHalves(std::span<const float> a, std::span<const uint16_t> halves) { return InUse().dot_halves(a, halves); }

}  // namespace calotype
