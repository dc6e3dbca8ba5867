// IEEE 754 binary16, the way in which vectors are stored.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace calotype {

// Nearest, ties to even; overflow gives infinity.
uint16_t FloatToHalf(float value);
float HalfToFloat(uint16_t half);

std::vector<uint16_t> ToHalf(std::span<const float> values);
std::vector<float> ToFloat(std::span<const uint16_t> halves);

}  // namespace calotype
