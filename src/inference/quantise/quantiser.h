// Creates the int8 form of a model by post-training quantisation, with activation ranges from runs of the float model.
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
  std::filesystem::path scratch;  // folder for temporary files; the caller deletes it
  SessionOptions session;         // options for the float model
  std::span<const RunInputs> runs;
  std::function<void(std::size_t done)> on_run;  // may be null
  std::stop_token stop;
};

// An int8 form compared with the float model on the model's self-test.
struct Int8Trial {
  double float_ms = 0;
  double ms = 0;  // 0: the form failed the self-test
  bool agrees = false;
  std::string figure;  // as in Agreement

  // True if it is faster by more than measurements on a busy machine vary.
  bool faster() const { return ms < 0.95 * float_ms; }
};

// How many layers are treated with more precision, those with the largest rounding error first.
struct Int8Care {
  std::size_t finer = 0;     // layers with 8-bit weights where others have 7 bits (PrefersSevenBits())
  std::size_t in_float = 0;  // layers left in float

  auto operator<=>(const Int8Care&) const = default;
};

// A written int8 form.
struct Int8Form {
  Int8Trial trial;
  std::size_t layers = 0;  // layers that can be computed in 8 bits
  Int8Care care;
};

// Not thread-safe.
class Quantiser {
 public:
  // Runs the model on all inputs. `engine` must be ONNX Runtime. kCancelled if stopped; kUnimplemented if no layer can
  // be computed in 8 bits; kResourceExhausted if the disk is full.
  static StatusOr<Quantiser> Calibrate(Engine& engine, const QuantiserRequest& request);

  std::size_t layers() const { return layers_.size(); }

  Status Write(const std::filesystem::path& file, const Int8Care& care) const;

  // Writes the int8 form to `file` and measures it there. As long as it is faster than the float model but disagrees
  // with it, tries again with more precision. `file` finally has the first form that agrees, or the last one tried.
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
