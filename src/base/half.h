// Conversion to and from IEEE 754 binary16, the format in which vectors are stored.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace calotype {

// Rounds to nearest, ties to even. Values too large for a half become infinity.
uint16_t FloatToHalf(float value);
float HalfToFloat(uint16_t half);

std::vector<uint16_t> ToHalf(std::span<const float> values);
std::vector<float> ToFloat(std::span<const uint16_t> halves);

}  // namespace calotype
