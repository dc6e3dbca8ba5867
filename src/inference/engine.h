// The two interfaces of inference: an Engine loads a model file, a Session runs it. Analysers use a Session and do not
// know which library and device are behind it.
#pragma once

#include <chrono>
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

// An input or output as the model declares it. A dimension of -1 may have any size.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
};

// The engine, device and precision that a session runs on.
struct DeviceInfo {
  std::string engine;     // "onnxruntime 1.31.1"
  std::string device;     // "cpu"
  std::string precision;  // "f32"

  // "onnxruntime 1.31.1 cpu f32"
  std::string ToString() const;
};

// A loaded model. Thread-safe: many threads may call Run() at once.
class Session {
 public:
  virtual ~Session() = default;

  virtual const std::vector<TensorInfo>& inputs() const = 0;
  virtual const std::vector<TensorInfo>& outputs() const = 0;
  // A value of the model file's key-value metadata; nullopt if there is no such key.
  virtual std::optional<std::string> Metadata(const std::string& key) const = 0;
  virtual DeviceInfo device() const = 0;

  // Runs the model on one tensor per input, in the order of inputs(). Returns one tensor per output, in the order of
  // outputs().
  //   kInvalidArgument    number, type or shape of the tensors do not match inputs()
  //   kResourceExhausted  out of memory
  //   kDeadlineExceeded   SessionOptions::run_limit
  //   kInternal           any other failure, with the engine's own message
  virtual StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) = 0;
};

// True if a run with a new input shape takes much longer than one with a known shape. GPUs choose or compile kernels
// for each shape; for them, analysers pad inputs to a few shapes.
inline bool WantsFewShapes(const Session& session) { return session.device().device != "cpu"; }

// How to run a model.
struct SessionOptions {
  std::string device = "cpu";     // one of Engine::devices()
  std::string precision = "f32";  // one of that device's precisions
  int threads = 1;                // CPU threads for one Run(). A scan uses few, since it runs several at the same time
  int parallel = 1;               // number of Run() calls to expect at the same time
  // The folder in which an engine keeps compiled models for the next process. The engine chooses the file names,
  // verifies the files and replaces them. Empty: nothing is kept.
  std::filesystem::path compiled;
  bool few_runs = false;  // the process runs the model once or twice: prefer fast loading to fast runs
  // Time after which a Run() on the CPU ends with kDeadlineExceeded, if Engine::ends_runs(); 0: none. A model may loop
  // forever. After two such runs in a row, all others fail at once.
  std::chrono::milliseconds run_limit{0};
};

// A device on which an engine can run models.
struct EngineDevice {
  std::string device;       // "cpu", "cuda", "gpu", "npu", or the configured name of a plug-in provider
  std::string description;  // "Intel(R) Xeon(R) Processor"; may be empty
  // The precisions that it can compute in: "f32", "bf16", "f16", with "f32" first if supported. "int8" runs only models
  // that were quantised for it (quantise/).
  std::vector<std::string> precisions;
  Status usable;  // OK if it may work; otherwise why it cannot work, and the remedy
};

// Loads models. Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  // "onnxruntime 1.31.1"
  virtual std::string name() const = 0;
  // Never empty; the CPU comes first. A device that is listed as usable may still fail: only loading and running a
  // model shows that it works.
  virtual std::vector<EngineDevice> devices() const = 0;
  // True if SessionOptions::run_limit is kept, whatever the model does.
  virtual bool ends_runs() const { return false; }
  // Loads the model file `model`.
  //   kNotFound            no such model file
  //   kInvalidArgument     this engine cannot read the model, or `options` name a device that is not in devices()
  //   kResourceExhausted   out of device memory or main memory
  //   kInternal            any other error of the engine
  virtual StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model,
                                                  const SessionOptions& options) = 0;
};

// An execution provider in a separate shared library, loaded through ONNX Runtime's plug-in interface (since version
// 1.22).
struct PluginProvider {
  std::string name;  // its device name
  std::filesystem::path library;
};

struct OnnxRuntimeOptions {
  // The shared library, or a folder that contains it. Empty: the one that the system's loader finds.
  std::filesystem::path library;
  std::vector<PluginProvider> plugins;
};

// Opens ONNX Runtime at run time. A process can open one library only: a second call with another path is an error.
// Devices: "cpu", "cuda" if its provider library is in the same folder, and the plug-ins by their names. A plug-in that
// cannot be registered is listed as not usable. Load() returns kInternal, not a session on the CPU, if none of the
// model would run on the requested device.
//   kNotFound            no such library
//   kInvalidArgument     a plug-in name is empty or the name of another device
//   kFailedPrecondition  the library is too old for this program (the message names both versions), or another one is
//                        already open
StatusOr<std::shared_ptr<Engine>> OpenOnnxRuntime(const OnnxRuntimeOptions& options);

// Opens OpenVINO at run time. `library` is libopenvino_c.so or a folder that contains it; empty: the one that the
// system's loader finds. Errors as OpenOnnxRuntime(); a process can open one library only.
StatusOr<std::shared_ptr<Engine>> OpenOpenVino(const std::filesystem::path& library);

}  // namespace calotype
