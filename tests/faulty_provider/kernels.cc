#include "kernels.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace faulty {
namespace {

template <typename Function>
void Each(std::span<const float> in, std::span<float> out, const Function& function) {
  std::transform(in.begin(), in.end(), out.begin(), function);
}

void Relu(std::span<const float> in, std::span<float> out, const Bounds& /*bounds*/) {
  Each(in, out, [](float x) { return std::max(x, 0.0F); });
}

void Sigmoid(std::span<const float> in, std::span<float> out, const Bounds& /*bounds*/) {
  Each(in, out, [](float x) { return 1.0F / (1.0F + std::exp(-x)); });
}

void Erf(std::span<const float> in, std::span<float> out, const Bounds& /*bounds*/) {
  Each(in, out, [](float x) { return std::erf(x); });
}

void Tanh(std::span<const float> in, std::span<float> out, const Bounds& /*bounds*/) {
  Each(in, out, [](float x) { return std::tanh(x); });
}

void Sqrt(std::span<const float> in, std::span<float> out, const Bounds& /*bounds*/) {
  Each(in, out, [](float x) { return std::sqrt(x); });
}

void Clip(std::span<const float> in, std::span<float> out, const Bounds& bounds) {
  Each(in, out, [&](float x) { return std::min(std::max(x, bounds.low), bounds.high); });
}

struct NamedKernel {
  std::string_view op;
  Kernel kernel;
};

// Each model of the starter pack has at least one of these.
constexpr std::array kKernels = {NamedKernel{"Relu", Relu}, NamedKernel{"Sigmoid", Sigmoid}, NamedKernel{"Erf", Erf},
                                 NamedKernel{"Tanh", Tanh}, NamedKernel{"Sqrt", Sqrt},       NamedKernel{"Clip", Clip}};

}  // namespace

Kernel FindKernel(std::string_view op) {
  for (const NamedKernel& named : kKernels) {
    if (named.op == op) {
      return named.kernel;
    }
  }
  return nullptr;
}

}  // namespace faulty
