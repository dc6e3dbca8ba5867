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
  // outputs(). kInvalidArgument when the tensors do not fit, kResourceExhausted when memory is out, kInternal with the
  // engine's own words when it fails in another way.
  virtual StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) = 0;
};

// True where a new shape of input costs much more than a run: GPUs choose their kernels anew for each, and some compile
// them. There, analysers pad to a few shapes.
inline bool WantsFewShapes(const Session& session) { return session.device().device != "cpu"; }

// Where and how a model is to be run.
struct SessionOptions {
  std::string device = "cpu";     // one of Engine::devices()
  std::string precision = "f32";  // one of that device's
  int threads = 1;                // of the CPU, that one Run() may use; scanning runs several side by side instead
  int parallel = 1;               // Run() calls that will come at the same time
  // Where an engine keeps what it compiled, so that the next process need not; it is the engine's to name, to check and
  // to replace. Empty: nowhere.
  std::filesystem::path compiled;
  bool few_runs = false;  // a run or two, then the process ends: loading fast matters more than running fast
};

// A place where an engine can run models.
struct EngineDevice {
  std::string device;       // "cpu"; "cuda", "gpu", "npu", or the name that a plug-in provider was given
  std::string description;  // "Intel(R) Xeon(R) Processor"; may be empty
  // "f32", "bf16", "f16": what it can compute in, "f32" first where it can. "int8" runs models that were made for it
  // (quantise/), and only those.
  std::vector<std::string> precisions;
  Status usable;  // why it is known not to work, and what to do; OK when it is worth a try
};

// Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  // "onnxruntime 1.31.1"
  virtual std::string name() const = 0;
  // Never empty: the CPU comes first. Says what can be tried, not what works: that only a run tells.
  virtual std::vector<EngineDevice> devices() const = 0;
  //   kNotFound            no such model file
  //   kInvalidArgument     no model that this engine understands, or options that name none of devices()
  //   kResourceExhausted   out of memory, of the device or of the machine
  //   kInternal            anything else that the engine says
  virtual StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model,
                                                  const SessionOptions& options) = 0;
};

// An execution provider in a shared library of its own, loaded through ONNX Runtime's plug-in interface (from 1.22 on).
struct PluginProvider {
  std::string name;  // what it is called as a device
  std::filesystem::path library;
};

struct OnnxRuntimeOptions {
  // The shared library or a folder that holds it; empty takes the one that the system's loader finds.
  std::filesystem::path library;
  std::vector<PluginProvider> plugins;
};

// ONNX Runtime, opened at run time. One per process: a second call with another library is an error. A plug-in that
// cannot be registered is a device that is not usable, no error. Devices: "cpu", "cuda" when that provider's library
// lies beside the opened one, and the plug-ins by their names. A Load() after which nothing would run on the device
// that was asked for is an error (kInternal), not a session on the CPU.
//   kNotFound            no such library
//   kInvalidArgument     a plug-in whose name is empty or another device's
//   kFailedPrecondition  a library older than this program can talk to; the message names both versions
StatusOr<std::shared_ptr<Engine>> OpenOnnxRuntime(const OnnxRuntimeOptions& options);

// OpenVINO, opened at run time. `library` is libopenvino_c.so or a folder that holds it; empty takes the one that the
// system's loader finds. The same errors; one per process.
StatusOr<std::shared_ptr<Engine>> OpenOpenVino(const std::filesystem::path& library);

}  // namespace calotype
