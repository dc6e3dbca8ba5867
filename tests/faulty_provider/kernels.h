// The operators that the provider really computes: float32, element by element.
#pragma once

#include <span>
#include <string_view>

namespace faulty {

struct Bounds {
  float low = 0;  // of Clip
  float high = 0;
};

using Kernel = void (*)(std::span<const float> in, std::span<float> out, const Bounds& bounds);

// The kernel of an ONNX operator, nullptr for one that is not here. Clip alone reads `bounds`.
Kernel FindKernel(std::string_view op);

}  // namespace faulty
