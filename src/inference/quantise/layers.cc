#include "inference/quantise/layers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "inference/compatibility/cpu_facts.h"

namespace calotype {
namespace {

// From this operator set on, QuantizeLinear supports one scale per channel. For older models, ONNX Runtime's own
// operator is used.
constexpr int64_t kOpsetOfChannels = 13;
constexpr const char* kRuntimeDomain = "com.microsoft";
// Smaller layers take less time than rounding their numbers.
constexpr int64_t kFewestWeights = 256;

// How often each tensor is read, by nodes and as an output of the graph.
std::map<std::string, int> CountReaders(const OnnxGraph& graph) {
  std::map<std::string, int> readers;
  for (const OnnxNode& node : graph.nodes()) {
    for (const std::string& input : node.inputs) {
      ++readers[input];
    }
  }
  for (const std::string& output : graph.outputs()) {
    ++readers[output];
  }
  return readers;
}

// The node that reads a tensor, for tensors with a single reader.
class SoleReaders {
 public:
  explicit SoleReaders(const OnnxGraph& graph) : count_(CountReaders(graph)) {
    for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
      for (const std::string& input : graph.nodes()[i].inputs) {
        reader_[input] = i;
      }
    }
  }

  std::optional<std::size_t> Of(const std::string& tensor) const {
    const auto count = count_.find(tensor);
    const auto reader = reader_.find(tensor);
    return count != count_.end() && count->second == 1 && reader != reader_.end() ? std::optional(reader->second)
                                                                                  : std::nullopt;
  }

 private:
  std::map<std::string, int> count_;
  std::map<std::string, std::size_t> reader_;
};

// The value of a constant with a single number.
std::optional<float> ConstantNumber(const OnnxGraph& graph, const std::string& name) {
  const auto weight = graph.FindFloats(name);
  return weight.ok() && weight->has_value() && (*weight)->values.size() == 1 ? std::optional((*weight)->values[0])
                                                                             : std::nullopt;
}

// A limit of a Clip node: an attribute up to version 6 of the operator, an input since then. Returns `none` if there is
// no such limit.
std::optional<float> ClipEnd(const OnnxGraph& graph, const OnnxNode& node, std::size_t input,
                             std::string_view attribute, float none) {
  if (input < node.inputs.size() && !node.inputs[input].empty()) {
    return ConstantNumber(graph, node.inputs[input]);
  }
  return node.FloatAttribute(attribute).value_or(none);
}

// True if a node only clips numbers to limits on both sides of 0. Rounding its output to its range does the same.
bool OnlyCuts(const OnnxGraph& graph, const OnnxNode& node) {
  constexpr float kEndless = std::numeric_limits<float>::infinity();
  if (node.op == "Clip") {
    const auto low = ClipEnd(graph, node, 1, "min", -kEndless);
    const auto high = ClipEnd(graph, node, 2, "max", kEndless);
    return low && high && *low <= 0 && *high >= 0;
  }
  if (node.inputs.size() == 2 && (node.op == "Min" || node.op == "Max")) {
    const auto end = ConstantNumber(graph, node.inputs[graph.IsConstant(node.inputs[0]) ? 0 : 1]);
    return end && (node.op == "Min" ? *end >= 0 : *end <= 0);
  }
  return node.op == "Relu";
}

bool HasInput(const OnnxNode& node, std::size_t index) {
  return index < node.inputs.size() && !node.inputs[index].empty();
}

// Sets the bias. False if it is not a constant with one number per channel.
bool TakeBias(const OnnxGraph& graph, const OnnxNode& node, int64_t channels, QuantisableLayer& layer) {
  if (!HasInput(node, 2)) {
    return true;
  }
  layer.bias = node.inputs[2];
  return graph.FloatShape(layer.bias) == std::vector<int64_t>{channels};
}

bool ReadConvolution(const OnnxGraph& graph, const OnnxNode& node, const SoleReaders& readers,
                     QuantisableLayer& layer) {
  const auto shape = graph.FloatShape(layer.weight);
  if (shape->size() != 4 || !TakeBias(graph, node, shape->front(), layer)) {
    return false;
  }
  layer.output = node.outputs[0];
  for (auto reader = readers.Of(layer.output); reader && OnlyCuts(graph, graph.nodes()[*reader]);
       reader = readers.Of(layer.output)) {
    layer.output = graph.nodes()[*reader].outputs[0];
    layer.activation.push_back(*reader);
  }
  return true;
}

bool ReadProduct(const OnnxGraph& graph, const OnnxNode& node, QuantisableLayer& layer) {
  const auto shape = graph.FloatShape(layer.weight);
  if (shape->size() != 2) {
    return false;
  }
  if (node.op == "MatMul") {
    layer.axis = 1;
    return true;
  }
  layer.axis = node.IntAttribute("transB").value_or(0) != 0 ? 0 : 1;
  return node.IntAttribute("transA").value_or(0) == 0 && node.FloatAttribute("alpha").value_or(1) == 1 &&
         node.FloatAttribute("beta").value_or(1) == 1 &&
         TakeBias(graph, node, (*shape)[static_cast<std::size_t>(layer.axis)], layer);
}

std::optional<QuantisableLayer> ReadLayer(const OnnxGraph& graph, std::size_t index, const SoleReaders& readers) {
  const OnnxNode& node = graph.nodes()[index];
  const bool convolution = node.op == "Conv";
  const bool product = node.op == "MatMul" || node.op == "Gemm";
  if (!node.domain.empty() || (!convolution && !product) || node.inputs.size() < 2 || node.outputs.size() != 1 ||
      graph.IsConstant(node.inputs[0])) {
    return std::nullopt;
  }
  QuantisableLayer layer{.name = node.outputs[0],
                         .node = index,
                         .input = node.inputs[0],
                         .weight = node.inputs[1],
                         .bias = "",
                         .output = ""};
  const auto shape = graph.FloatShape(layer.weight);
  int64_t weights = 1;
  for (const int64_t dimension : shape.value_or(std::vector<int64_t>{0})) {
    weights *= dimension;
  }
  if (weights < kFewestWeights) {
    return std::nullopt;
  }
  const bool readable = convolution ? ReadConvolution(graph, node, readers, layer) : ReadProduct(graph, node, layer);
  return readable ? std::optional(layer) : std::nullopt;
}

// A weight rounded to 8 bits.
struct RoundedWeight {
  std::vector<int64_t> shape;
  std::vector<int8_t> values;
  std::vector<float> scales;  // one per channel
  double noise = 0;           // mean square of the rounding error
  double power = 0;
};

// The distance between neighbours along `axis` in a weight's data.
std::size_t Stride(const std::vector<int64_t>& shape, int axis) {
  std::size_t stride = 1;
  for (std::size_t i = static_cast<std::size_t>(axis) + 1; i < shape.size(); ++i) {
    stride *= static_cast<std::size_t>(shape[i]);
  }
  return stride;
}

RoundedWeight RoundWeight(const FloatWeight& weight, int axis, int largest, std::span<const float> bias,
                          float input_scale) {
  const auto channels = static_cast<std::size_t>(weight.shape[static_cast<std::size_t>(axis)]);
  const std::size_t stride = Stride(weight.shape, axis);
  RoundedWeight rounded{.shape = weight.shape,
                        .values = std::vector<int8_t>(weight.values.size()),
                        .scales = std::vector<float>(channels)};
  for (std::size_t i = 0; i < weight.values.size(); ++i) {
    float& most = rounded.scales[i / stride % channels];
    most = std::max(most, std::abs(weight.values[i]));
  }
  for (std::size_t channel = 0; channel < channels; ++channel) {
    float& scale = rounded.scales[channel];
    scale = scale > 0 ? scale / static_cast<float>(largest) : 1;
    // A bias is a 32-bit integer in units of the product of both scales. If a channel's weights are tiny, its scale
    // must be large enough for the bias to fit.
    if (!bias.empty()) {
      constexpr float kMostSteps = 1 << 30;
      scale = std::max(scale, std::abs(bias[channel]) / (input_scale * kMostSteps));
    }
  }
  for (std::size_t i = 0; i < weight.values.size(); ++i) {
    const float scale = rounded.scales[i / stride % channels];
    const float value =
        std::clamp(std::round(weight.values[i] / scale), -static_cast<float>(largest), static_cast<float>(largest));
    const double off = static_cast<double>(value * scale) - weight.values[i];
    rounded.values[i] = static_cast<int8_t>(value);
    rounded.noise += off * off;
    rounded.power += static_cast<double>(weight.values[i]) * weight.values[i];
  }
  return rounded;
}

double Ratio(double noise, double power) { return power > 0 ? noise / power : 0; }

template <typename T>
std::string BytesOf(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
  }
  return bytes;
}

// Builds the new list of nodes.
class Rewriter {
 public:
  Rewriter(OnnxGraph& graph, const std::map<std::string, ActivationRange>& ranges) : graph_(graph), ranges_(ranges) {
    if (graph.opset() < kOpsetOfChannels) {
      domain_ = kRuntimeDomain;
      graph.UseDomain(domain_, 1);
    }
  }

  Status Run(std::span<const QuantisableLayer> layers) {
    std::map<std::size_t, const QuantisableLayer*> by_node;
    std::set<std::size_t> dropped;
    for (const QuantisableLayer& layer : layers) {
      by_node[layer.node] = &layer;
      dropped.insert(layer.activation.begin(), layer.activation.end());
    }
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      const auto layer = by_node.find(i);
      if (layer != by_node.end()) {
        CALOTYPE_RETURN_IF_ERROR(Quantise(*layer->second, graph_.nodes()[i]));
      } else if (!dropped.contains(i)) {
        nodes_.push_back(graph_.nodes()[i]);
      }
    }
    graph_.nodes() = std::move(nodes_);
    return absl::OkStatus();
  }

 private:
  void Emit(const char* op, std::vector<std::string> inputs, const std::string& output, std::optional<int> axis = {}) {
    OnnxNode node{.name = output + "/" + op,
                  .op = op,
                  .domain = domain_,
                  .inputs = std::move(inputs),
                  .outputs = {output},
                  .attributes = {}};
    if (axis) {
      node.SetInt("axis", *axis);
    }
    nodes_.push_back(std::move(node));
  }

  // The names of the constants with a tensor's scale and zero point.
  std::vector<std::string> ScaleOf(const std::string& tensor) {
    const ActivationScale& scale = ranges_.at(tensor).scale;
    graph_.AddWeight(tensor + "/scale",
                     {.type = OnnxType::kFloat, .shape = {}, .bytes = BytesOf<float>({scale.scale})});
    graph_.AddWeight(tensor + "/zero",
                     {.type = OnnxType::kUint8, .shape = {}, .bytes = BytesOf<uint8_t>({scale.zero})});
    return {tensor + "/scale", tensor + "/zero"};
  }

  // Adds nodes that convert `from` to 8 bits and back to `to`, with the range of `tensor`.
  void EmitRounding(const std::string& from, const std::string& tensor, const std::string& to) {
    const std::vector<std::string> scale = ScaleOf(tensor);
    Emit("QuantizeLinear", {from, scale[0], scale[1]}, tensor + "/8bit");
    Emit("DequantizeLinear", {tensor + "/8bit", scale[0], scale[1]}, to);
    rounded_[tensor] = to;
  }

  // The name of the rounded form of `tensor`.
  std::string Rounded(const std::string& tensor) {
    if (!rounded_.contains(tensor)) {
      EmitRounding(tensor, tensor, tensor + "/rounded");
    }
    return rounded_.at(tensor);
  }

  // `name` must be unique: two layers may share a weight but have inputs of different scales.
  void EmitWeight(const std::string& name, NewWeight values, const std::vector<float>& scales, OnnxType zero_type,
                  int axis) {
    const auto channels = static_cast<int64_t>(scales.size());
    const std::size_t zero_bytes = scales.size() * (zero_type == OnnxType::kInt8 ? sizeof(int8_t) : sizeof(int32_t));
    graph_.AddWeight(name + "/8bit", std::move(values));
    graph_.AddWeight(name + "/scale", {.type = OnnxType::kFloat, .shape = {channels}, .bytes = BytesOf(scales)});
    graph_.AddWeight(name + "/zero", {.type = zero_type, .shape = {channels}, .bytes = std::string(zero_bytes, '\0')});
    Emit("DequantizeLinear", {name + "/8bit", name + "/scale", name + "/zero"}, name, axis);
  }

  void EmitBias(const std::string& name, const std::vector<float>& bias, std::vector<float> scales, float input_scale) {
    std::vector<int32_t> values(bias.size());
    for (std::size_t i = 0; i < bias.size(); ++i) {
      scales[i] *= input_scale;
      values[i] = static_cast<int32_t>(std::lround(bias[i] / scales[i]));
    }
    EmitWeight(name, {.type = OnnxType::kInt32, .shape = {static_cast<int64_t>(bias.size())}, .bytes = BytesOf(values)},
               scales, OnnxType::kInt32, 0);
  }

  Status Quantise(const QuantisableLayer& layer, OnnxNode node) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto weight, graph_.FindFloats(layer.weight));
    CALOTYPE_ASSIGN_OR_RETURN(const auto bias, graph_.FindFloats(layer.bias));
    const std::vector<float> bias_values = bias ? bias->values : std::vector<float>();
    const float input_scale = ranges_.at(layer.input).scale.scale;
    RoundedWeight rounded = RoundWeight(*weight, layer.axis, layer.largest_weight, bias_values, input_scale);
    node.inputs[0] = Rounded(layer.input);
    node.inputs[1] = layer.name + "/weight";
    EmitWeight(node.inputs[1],
               {.type = OnnxType::kInt8, .shape = std::move(rounded.shape), .bytes = BytesOf(rounded.values)},
               rounded.scales, OnnxType::kInt8, layer.axis);
    if (bias) {
      node.inputs[2] = layer.name + "/bias";
      EmitBias(node.inputs[2], bias_values, rounded.scales, input_scale);
    }
    if (layer.output.empty()) {
      nodes_.push_back(std::move(node));
      return absl::OkStatus();
    }
    const std::string exact = layer.output + "/exact";
    node.outputs[0] = exact;
    nodes_.push_back(std::move(node));
    EmitRounding(exact, layer.output, layer.output);
    return absl::OkStatus();
  }

  OnnxGraph& graph_;
  const std::map<std::string, ActivationRange>& ranges_;
  std::string domain_;
  std::vector<OnnxNode> nodes_;
  std::map<std::string, std::string> rounded_;
};

}  // namespace

std::vector<QuantisableLayer> FindLayers(const OnnxGraph& graph) {
  const SoleReaders readers(graph);
  std::vector<QuantisableLayer> layers;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (auto layer = ReadLayer(graph, i, readers)) {
      layers.push_back(*std::move(layer));
    }
  }
  return layers;
}

std::set<std::string> TensorsOf(std::span<const QuantisableLayer> layers) {
  std::set<std::string> tensors;
  for (const QuantisableLayer& layer : layers) {
    tensors.insert(layer.input);
    if (!layer.output.empty()) {
      tensors.insert(layer.output);
    }
  }
  return tensors;
}

bool PrefersSevenBits() {
#if defined(__x86_64__)
  static const bool kSaturates = !ReadCpuFacts().vnni;
  return kSaturates;
#else
  return false;
#endif
}

StatusOr<RelativeNoise> NoiseOf(const OnnxGraph& graph, const QuantisableLayer& layer,
                                const std::map<std::string, ActivationRange>& ranges) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto weight, graph.FindFloats(layer.weight));
  const RoundedWeight rounded = RoundWeight(*weight, layer.axis, kLargest7, {}, 1);
  const ActivationRange& input = ranges.at(layer.input);
  RelativeNoise noise{.activations = Ratio(input.noise, input.power), .weights = Ratio(rounded.noise, rounded.power)};
  if (!layer.output.empty()) {
    const ActivationRange& output = ranges.at(layer.output);
    noise.activations += Ratio(output.noise, output.power);
  }
  return noise;
}

Status QuantiseLayers(OnnxGraph& graph, std::span<const QuantisableLayer> layers,
                      const std::map<std::string, ActivationRange>& ranges) {
  return Rewriter(graph, ranges).Run(layers);
}

}  // namespace calotype
