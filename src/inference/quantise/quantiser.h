// Makes the int8 form of a model: post-training quantisation, with the ranges of activations taken from runs of the
// float model.
#pragma once

#include <compare>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/quantise/layers.h"
#include "inference/quantise/recording_engine.h"

namespace calotype {

struct QuantiserRequest {
  std::filesystem::path model;
  std::filesystem::path scratch;  // a folder for files in between; the caller removes it
  SessionOptions session;         // how the float model is run
  std::span<const RunInputs> runs;
  std::function<void(std::size_t done)> on_run;  // may be null
  std::stop_token stop;
};

// An int8 form beside the float model, on the model's self-test.
struct Int8Trial {
  double float_ms = 0;
  double ms = 0;  // 0: it failed the self-test
  bool agrees = false;
  std::string figure;  // as in Agreement

  // What no measurement on a busy machine can doubt.
  bool faster() const { return ms < 0.95 * float_ms; }
};

// How many layers are treated with more care than the others, those first that rounding changes most.
struct Int8Care {
  std::size_t finer = 0;     // have weights of 8 bits where the others have 7 (PrefersSevenBits)
  std::size_t in_float = 0;  // stay as they are

  auto operator<=>(const Int8Care&) const = default;
};

// An int8 form that was written.
struct Int8Form {
  Int8Trial trial;
  std::size_t layers = 0;  // that could be computed in 8 bits
  Int8Care care;
};

// Not thread-safe.
class Quantiser {
 public:
  // Runs the model on all inputs. `engine` is ONNX Runtime. kCancelled when stopped; kUnimplemented for a model in
  // which nothing can be computed in 8 bits; kResourceExhausted for a full disk.
  static StatusOr<Quantiser> Calibrate(Engine& engine, const QuantiserRequest& request);

  std::size_t layers() const { return layers_.size(); }

  Status Write(const std::filesystem::path& file, const Int8Care& care) const;

  // Writes the model to `file` and has it measured there; while it disagrees with the float model and is faster, again
  // with more care. What stays in `file` is the first that agrees, or the last that was tried.
  StatusOr<Int8Form> WriteBest(const std::filesystem::path& file, const std::function<StatusOr<Int8Trial>()>& measure,
                               const std::stop_token& stop) const;

 private:
  Quantiser() = default;

  std::filesystem::path simplified_;
  struct Layer {
    QuantisableLayer layer;
    RelativeNoise noise;
  };

  std::vector<Layer> layers_;  // in the order of the graph
  std::map<std::string, ActivationRange> ranges_;
};

}  // namespace calotype
