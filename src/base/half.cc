#include "base/half.h"

#include <bit>

namespace calotype {
namespace {

constexpr uint32_t kHalfInfinity = 0x7C00;

// Rounds a float below the smallest normal half to a multiple of 2^-24. `magnitude` is the float's bits without the
// sign.
uint32_t SubnormalHalf(uint32_t magnitude) {
  const uint32_t exponent = magnitude >> 23;
  if (exponent < 102) {
    return 0;  // less than half of the smallest subnormal
  }
  const uint32_t mantissa = (magnitude & 0x7FFFFF) | 0x800000;
  const uint32_t shift = 126 - exponent;
  const uint32_t kept = mantissa >> shift;
  const uint32_t rest = mantissa & ((1U << shift) - 1);
  const uint32_t tie = 1U << (shift - 1);
  const bool up = rest > tie || (rest == tie && (kept & 1) != 0);
  return kept + (up ? 1 : 0);
}

}  // namespace

uint16_t FloatToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000;
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) {
    return static_cast<uint16_t>(sign | kHalfInfinity | 0x200);  // NaN
  }
  if (magnitude >= 0x47800000) {
    return static_cast<uint16_t>(sign | kHalfInfinity);  // 65536 or more
  }
  if (magnitude < 0x38800000) {
    return static_cast<uint16_t>(sign | SubnormalHalf(magnitude));
  }
  // Changes the exponent's bias and rounds to nearest even. A carry into the exponent is correct, even into infinity.
  const uint32_t rebased = magnitude - 0x38000000;
  const uint32_t rounded = rebased + 0xFFF + ((rebased >> 13) & 1);
  return static_cast<uint16_t>(sign | (rounded >> 13));
}

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 0x1F;
  const uint32_t mantissa = half & 0x3FF;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t rebased = exponent == 0x1F ? 0xFF : exponent + 112;
  return std::bit_cast<float>(sign | (rebased << 23) | (mantissa << 13));
}

std::vector<uint16_t> ToHalf(std::span<const float> values) {
  std::vector<uint16_t> halves(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    halves[i] = FloatToHalf(values[i]);
  }
  return halves;
}

std::vector<float> ToFloat(std::span<const uint16_t> halves) {
  std::vector<float> values(halves.size());
  for (std::size_t i = 0; i < halves.size(); ++i) {
    values[i] = HalfToFloat(halves[i]);
  }
  return values;
}

}  // namespace calotype
