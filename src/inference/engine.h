// The two seams of inference: an Engine loads a model file, a Session runs it. What analysers see; which library and
// which device stand behind them is decided elsewhere.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "inference/tensor.h"

namespace calotype {

// An input or output as the graph declares it; -1 is a dimension that is free.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
};

// What a session really runs on.
struct DeviceInfo {
  std::string engine;     // "onnxruntime 1.31.1"
  std::string device;     // "cpu"
  std::string precision;  // "f32"

  // "onnxruntime 1.31.1 cpu f32"
  std::string ToString() const;
};

// A loaded model. Run() may be called from many threads at once.
class Session {
 public:
  virtual ~Session() = default;

  virtual const std::vector<TensorInfo>& inputs() const = 0;
  virtual const std::vector<TensorInfo>& outputs() const = 0;
  // A value of the model file's own key-value metadata; nullopt when it has no such key.
  virtual std::optional<std::string> Metadata(const std::string& key) const = 0;
  virtual DeviceInfo device() const = 0;

  // Runs the graph on one tensor per input, in the order of inputs(); answers one tensor per output, in the order of
  // outputs(). kInvalidArgument when the tensors do not fit, kInternal with the engine's own words when it fails.
  virtual StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) = 0;
};

struct SessionOptions {
  int threads = 1;  // that one Run() may use; scanning runs several sessions side by side instead
};

class Engine {
 public:
  virtual ~Engine() = default;
  // "onnxruntime 1.31.1"
  virtual std::string name() const = 0;
  // kNotFound, kInvalidArgument (no model that this engine understands) or kInternal.
  virtual StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model,
                                                  const SessionOptions& options) = 0;
};

// ONNX Runtime on the CPU, opened at run time. `library` is the shared library or a folder that holds it; empty takes
// the one that the system's loader finds. One ONNX Runtime per process: a second call with another library is an error.
//   kNotFound            no such library
//   kFailedPrecondition  a library older than this program can talk to; the message names both versions
StatusOr<std::shared_ptr<Engine>> OpenOnnxRuntime(const std::filesystem::path& library);

}  // namespace calotype
