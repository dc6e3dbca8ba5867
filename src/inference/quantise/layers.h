// Finds the layers of a graph that can compute in 8 bits, and rewrites them: between QuantizeLinear and
// DequantizeLinear nodes, the pattern that ONNX Runtime's optimiser recognises.
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

// The largest magnitude of a weight with 8 bits, and with 7.
inline constexpr int kLargest8 = 127;
inline constexpr int kLargest7 = 64;

// A convolution, or a product with a constant matrix.
struct QuantisableLayer {
  std::string name;      // the name of its output, which is unique
  std::size_t node = 0;  // index of its node
  std::string input;     // input tensor, which is rounded to 8 bits
  std::string weight;    // constant with the float weights
  int axis = 0;          // the weight's dimension for the output channels
  std::string bias;      // constant with one float per channel; empty: no bias
  std::string output;    // output of a convolution, which is rounded too; empty: the output stays float
  int largest_weight = kLargest8;
  std::vector<std::size_t>
      activation;  // indices of Relu, Clip and similar nodes, which rounding of `output` makes superfluous
};

// Returns the layers in the order of the graph.
std::vector<QuantisableLayer> FindLayers(const OnnxGraph& graph);

// The tensors whose value ranges are needed.
std::set<std::string> TensorsOf(std::span<const QuantisableLayer> layers);

// True if this CPU computes faster with 7-bit than with 8-bit weights. The 8-bit multiplication of AVX2, and of AVX-512
// without VNNI (vpmaddubsw), adds two products in 16 bits. 7-bit weights never saturate that; for 8-bit weights, ONNX
// Runtime uses a slower method that does not (the engine here asks for it).
bool PrefersSevenBits();

// The error that rounding causes: its mean square divided by the mean square of the numbers.
struct RelativeNoise {
  double activations = 0;  // the sum for the layer's input and output
  double weights = 0;      // the weights with 7 bits
};
StatusOr<RelativeNoise> NoiseOf(const OnnxGraph& graph, const QuantisableLayer& layer,
                                const std::map<std::string, ActivationRange>& ranges);

// Rewrites `layers` of `graph`. `ranges` must have all of their tensors.
Status QuantiseLayers(OnnxGraph& graph, std::span<const QuantisableLayer> layers,
                      const std::map<std::string, ActivationRange>& ranges);

}  // namespace calotype
