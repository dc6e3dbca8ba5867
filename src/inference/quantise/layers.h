// The layers of a graph that can compute in 8 bits, and how they are made to: each between QuantizeLinear and
// DequantizeLinear nodes, as ONNX Runtime's optimiser looks for them.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "inference/quantise/onnx_graph.h"
#include "inference/quantise/value_range.h"

namespace calotype {

// The largest magnitude of a weight of 8 bits, and of 7.
inline constexpr int kLargest8 = 127;
inline constexpr int kLargest7 = 64;

// A convolution or a product with a constant matrix.
struct QuantisableLayer {
  std::string name;      // its output's, which is unique
  std::size_t node = 0;  // index of the node
  std::string input;     // the tensor that is rounded to 8 bits
  std::string weight;    // floats
  int axis = 0;          // of the weight's dimensions, the one that is the output's channels
  std::string bias;      // floats, one a channel; empty: none
  std::string output;    // of a convolution: rounded, too. Empty: stays float
  int largest_weight = kLargest8;
  std::vector<std::size_t> activation;  // indices of Relu, Clip and the like, whose work the rounding of `output` does
};

// In the order of the graph.
std::vector<QuantisableLayer> FindLayers(const OnnxGraph& graph);

// Tensors whose ranges have to be known.
std::set<std::string> TensorsOf(std::span<const QuantisableLayer> layers);

// Whether weights of 7 bits are computed faster here than those of 8. The instruction for 8-bit products of AVX2 and of
// AVX-512 without VNNI (vpmaddubsw) adds two of them in 16 bits: weights of 7 bits never saturate it, for those of 8
// ONNX Runtime takes a slower way that does not, as its engine here asks of it.
bool PrefersSevenBits();

// What rounding changes, relative to what is there: the mean square of the change over that of the numbers.
struct RelativeNoise {
  double activations = 0;  // of the layer's input and output together
  double weights = 0;      // of 7 bits
};
StatusOr<RelativeNoise> NoiseOf(const OnnxGraph& graph, const QuantisableLayer& layer,
                                const std::map<std::string, ActivationRange>& ranges);

// Rewrites these layers of `graph`, for all of whose tensors `ranges` has one.
Status QuantiseLayers(OnnxGraph& graph, std::span<const QuantisableLayer> layers,
                      const std::map<std::string, ActivationRange>& ranges);

}  // namespace calotype
