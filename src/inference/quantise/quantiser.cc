#include "inference/quantise/quantiser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "inference/engines/onnxruntime_simplify.h"
#include "inference/quantise/onnx_graph.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Shares of the layers to treat with more precision, in the order in which they are tried. 8-bit weights cost less time
// than float layers.
struct CareShares {
  double finer;
  double in_float;
};
constexpr std::array kCare = {CareShares{0, 0}, CareShares{0.1, 0}, CareShares{0.3, 0},  CareShares{0.6, 0},
                              CareShares{1, 0}, CareShares{1, 0.1}, CareShares{1, 0.25}, CareShares{1, 0.5}};

std::size_t ShareOf(std::size_t count, double share) {
  return static_cast<std::size_t>(std::ceil(share * static_cast<double>(count)));
}

using Histograms = std::map<std::string, ValueHistogram>;

// Adds the values of one run's tensors to the histograms.
void Look(std::span<const TensorInfo> infos, std::span<const Tensor> tensors, const std::set<std::string>& wanted,
          Histograms& histograms) {
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (wanted.contains(infos[i].name) && tensors[i].type() == ElementType::kFloat32) {
      histograms[infos[i].name].Add(tensors[i].data<float>());
    }
  }
}

Status NothingToRound() { return absl::UnimplementedError("none of its layers can be computed in 8 bits"); }

// Writes the graph with all tensors in `wanted` as additional outputs.
Status WriteObserved(const fs::path& simplified, const std::set<std::string>& wanted, const fs::path& observed) {
  CALOTYPE_ASSIGN_OR_RETURN(OnnxGraph graph, OnnxGraph::Open(simplified));
  const std::set<std::string> inputs(graph.inputs().begin(), graph.inputs().end());
  for (const std::string& tensor : wanted) {
    if (!inputs.contains(tensor) && !graph.outputs().contains(tensor)) {
      graph.AddOutput(tensor);
    }
  }
  return graph.Write(observed);
}

StatusOr<Histograms> Observe(Engine& engine, const fs::path& observed, const std::set<std::string>& wanted,
                             const QuantiserRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, engine.Load(observed, request.session));
  Histograms histograms;
  for (std::size_t run = 0; run < request.runs.size(); ++run) {
    if (request.stop.stop_requested()) {
      return absl::CancelledError("stopped");
    }
    const RunInputs& inputs = request.runs[run];
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session->Run(inputs));
    Look(session->inputs(), inputs, wanted, histograms);
    Look(session->outputs(), outputs, wanted, histograms);
    if (request.on_run) {
      request.on_run(run + 1);
    }
  }
  return histograms;
}

}  // namespace

StatusOr<Quantiser> Quantiser::Calibrate(Engine& engine, const QuantiserRequest& request) {
  Quantiser quantiser;
  quantiser.simplified_ = request.scratch / "simplified.onnx";
  CALOTYPE_RETURN_IF_ERROR(SimplifyOnnx(request.model, quantiser.simplified_));
  CALOTYPE_ASSIGN_OR_RETURN(const OnnxGraph graph, OnnxGraph::Open(quantiser.simplified_));
  std::vector<QuantisableLayer> layers = FindLayers(graph);
  if (layers.empty()) {
    return NothingToRound();
  }
  const std::set<std::string> wanted = TensorsOf(layers);
  const fs::path observed = request.scratch / "observed.onnx";
  CALOTYPE_RETURN_IF_ERROR(WriteObserved(quantiser.simplified_, wanted, observed));
  CALOTYPE_ASSIGN_OR_RETURN(const Histograms histograms, Observe(engine, observed, wanted, request));
  std::error_code error;
  fs::remove(observed, error);
  for (const auto& [name, histogram] : histograms) {
    quantiser.ranges_[name] = BestRange(histogram);
  }
  for (QuantisableLayer& layer : layers) {
    const bool seen = histograms.contains(layer.input) && (layer.output.empty() || histograms.contains(layer.output));
    if (seen) {
      CALOTYPE_ASSIGN_OR_RETURN(const RelativeNoise noise, NoiseOf(graph, layer, quantiser.ranges_));
      quantiser.layers_.push_back({.layer = std::move(layer), .noise = noise});
    }
  }
  return quantiser.layers_.empty() ? StatusOr<Quantiser>(NothingToRound()) : quantiser;
}

Status Quantiser::Write(const fs::path& file, const Int8Care& care) const {
  CALOTYPE_ASSIGN_OR_RETURN(OnnxGraph graph, OnnxGraph::Open(simplified_));
  std::vector<Layer> layers = layers_;
  // Sort by error, largest first: the first layers stay in float, and of the rest the first get finer weights.
  std::ranges::stable_sort(layers, std::greater(), [](const Layer& layer) { return layer.noise.activations; });
  layers.erase(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(std::min(care.in_float, layers.size())));
  std::ranges::stable_sort(layers, std::greater(), [](const Layer& layer) { return layer.noise.weights; });
  std::vector<QuantisableLayer> rounded;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    rounded.push_back(std::move(layers[i].layer));
    rounded.back().largest_weight = PrefersSevenBits() && i >= care.finer ? kLargest7 : kLargest8;
  }
  CALOTYPE_RETURN_IF_ERROR(QuantiseLayers(graph, rounded, ranges_));
  return graph.Write(file);
}

StatusOr<Int8Form> Quantiser::WriteBest(const fs::path& file, const std::function<StatusOr<Int8Trial>()>& measure,
                                        const std::stop_token& stop) const {
  Int8Form form{.layers = layers()};
  std::set<Int8Care> tried;
  for (const CareShares& shares : kCare) {
    const Int8Care care{.finer = PrefersSevenBits() ? ShareOf(layers(), shares.finer) : layers(),
                        .in_float = ShareOf(layers(), shares.in_float)};
    if (!tried.insert(care).second) {
      continue;
    }
    if (stop.stop_requested()) {
      return absl::CancelledError("stopped");
    }
    CALOTYPE_RETURN_IF_ERROR(Write(file, care));
    CALOTYPE_ASSIGN_OR_RETURN(form.trial, measure());
    form.care = care;
    if (form.trial.agrees || !form.trial.faster()) {
      break;  // with more precision it would not be faster either
    }
  }
  return form;
}

}  // namespace calotype
