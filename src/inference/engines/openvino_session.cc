#include "inference/engines/openvino_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "inference/engines/check_inputs.h"
#include "inference/onnx_metadata.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

using Model = OpenVinoPtr<ov_model_t>;
using CompiledModel = OpenVinoPtr<ov_compiled_model_t>;
using Request = OpenVinoPtr<ov_infer_request_t>;
using Port = OpenVinoPtr<ov_output_const_port_t>;

constexpr int kInvalidParameter = -14;  // INVALID_C_PARAM

// Names of OpenVINO's properties. Its own constants are variables in the library, which is not linked.
struct Property {
  const char* name;
  std::string value;
};

// In bf16 on a CPU with AMX, the fused kernels ("snippets") of 2026.4.1 return NaN or crash the process (seen with
// DETR, D-FINE and PP-OCR's recogniser on a Xeon of 2023). Without them it is as fast, and correct.
bool WithoutSnippets(const std::string& target, const SessionOptions& options) {
  return target == "CPU" && options.precision == "bf16";
}

std::vector<Property> Properties(const std::string& target, const SessionOptions& options) {
  std::vector<Property> properties = {{"INFERENCE_PRECISION_HINT", options.precision}};
  if (!options.compiled.empty()) {
    // OpenVINO's name for a compiled model does not depend on whether snippets are used, so they get different folders.
    const fs::path folder = WithoutSnippets(target, options) ? options.compiled / "no_snippets" : options.compiled;
    properties.push_back({"CACHE_DIR", folder.string()});
  }
  if (target == "NPU") {
    return properties;
  }
  properties.push_back({"NUM_STREAMS", std::to_string(options.parallel)});
  // In the other mode, a model with int8 weights would use int8 activations whatever the precision is.
  properties.push_back({"EXECUTION_MODE_HINT", options.precision == "f32" ? "ACCURACY" : "PERFORMANCE"});
  if (target == "CPU") {
    properties.push_back({"INFERENCE_NUM_THREADS", std::to_string(options.threads * options.parallel)});
    // Otherwise it uses at most as many threads as there are physical cores.
    properties.push_back({"ENABLE_HYPER_THREADING", "YES"});
    // Sessions of this process and of others share the cores; if their threads were pinned, they would use the same
    // cores.
    properties.push_back({"ENABLE_CPU_PINNING", "NO"});
    if (WithoutSnippets(target, options)) {
      properties.push_back({"SNIPPETS_MODE", "DISABLE"});
    }
  }
  return properties;
}

// Returns kInvalidArgument if OpenVINO cannot read the file either, otherwise OK.
Status CheckReadable(const OpenVinoLibrary& library, const fs::path& file) {
  ov_model_t* read = nullptr;
  const Status readable =
      library.Error(library.api.ov_core_read_model(library.core, file.c_str(), nullptr, &read), file.string());
  const Model model(read, library.api.ov_model_free);
  return absl::IsInternal(readable) ? absl::InvalidArgumentError(Message(readable)) : readable;
}

StatusOr<CompiledModel> Compile(const OpenVinoLibrary& library, const std::string& target, const fs::path& file,
                                const SessionOptions& options) {
  // The function takes names and values as separate variadic arguments and reads as many as the count says.
  constexpr std::size_t kMost = 8;
  const std::vector<Property> properties = Properties(target, options);
  std::array<const char*, 2 * kMost> p{};
  for (std::size_t i = 0; i < std::min(kMost, properties.size()); ++i) {
    p[2 * i] = properties[i].name;
    p[2 * i + 1] = properties[i].value.c_str();
  }
  ov_compiled_model_t* compiled = nullptr;
  const ov_status_e status = library.api.ov_core_compile_model_from_file(
      library.core, file.c_str(), target.c_str(), 2 * properties.size(), &compiled, p[0], p[1], p[2], p[3], p[4], p[5],
      p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13], p[14], p[15]);
  CompiledModel owned(compiled, library.api.ov_compiled_model_free);
  Status made = library.Error(status, fmt::format("{} on {}", file.string(), target));
  if (!made.ok()) {
    CALOTYPE_RETURN_IF_ERROR(CheckReadable(library, file));
    return made;
  }
  return owned;
}

// The precision that OpenVINO really uses; the requested one if it does not report that.
std::string PrecisionOf(const OpenVinoLibrary& library, const ov_compiled_model_t* model, const std::string& asked) {
  char* value = nullptr;
  if (library.api.ov_compiled_model_get_property(model, "INFERENCE_PRECISION_HINT", &value) != 0 || value == nullptr) {
    return asked;
  }
  std::string precision = value;
  library.api.ov_free(value);
  return precision;
}

// The shape in the file, with dimensions that OpenVINO derived where the file has none.
void Refine(const OpenVinoLibrary& library, const ov_output_const_port_t* port, std::vector<int64_t>& shape) {
  ov_partial_shape_t known = {};
  if (library.api.ov_port_get_partial_shape(port, &known) != 0) {
    return;
  }
  const auto rank = known.rank.min == known.rank.max ? static_cast<std::size_t>(known.rank.min) : 0;
  if (shape.empty()) {
    shape.assign(rank, -1);
  }
  for (std::size_t i = 0; i < std::min(rank, shape.size()); ++i) {
    if (shape[i] == -1 && known.dims[i].min == known.dims[i].max) {
      shape[i] = known.dims[i].min;
    }
  }
  library.api.ov_partial_shape_free(&known);
}

class OpenVinoSession : public Session {
 public:
  OpenVinoSession(const OpenVinoLibrary& library, CompiledModel model, OnnxMetadata metadata, DeviceInfo device,
                  int parallel)
      : library_(library),
        model_(std::move(model)),
        metadata_(std::move(metadata)),
        device_(std::move(device)),
        most_requests_(std::max(parallel, 1)) {}

  // Finds the file's inputs and outputs in the compiled model. Called once, before the session is shared.
  Status Bind() {
    for (const TensorInfo& input : metadata_.inputs) {
      CALOTYPE_RETURN_IF_ERROR(FindPort(library_.api.ov_compiled_model_input_by_name, input.name).status());
    }
    for (TensorInfo& output : metadata_.outputs) {
      CALOTYPE_ASSIGN_OR_RETURN(const Port port, FindPort(library_.api.ov_compiled_model_output_by_name, output.name));
      Refine(library_, port.get(), output.shape);
    }
    return absl::OkStatus();
  }

  const std::vector<TensorInfo>& inputs() const override { return metadata_.inputs; }
  const std::vector<TensorInfo>& outputs() const override { return metadata_.outputs; }
  DeviceInfo device() const override { return device_; }

  std::optional<std::string> Metadata(const std::string& key) const override {
    const auto found = metadata_.properties.find(key);
    return found == metadata_.properties.end() ? std::nullopt : std::optional(found->second);
  }

  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    CALOTYPE_RETURN_IF_ERROR(CheckInputs(metadata_.inputs, inputs));
    CALOTYPE_ASSIGN_OR_RETURN(Request request, TakeRequest());
    StatusOr<std::vector<Tensor>> outputs = RunOn(request.get(), inputs);
    // A failed request may be in any state and is not used again.
    PutBack(outputs.ok() ? std::move(request) : Request(nullptr, library_.api.ov_infer_request_free));
    return outputs;
  }

 private:
  template <typename Find>
  StatusOr<Port> FindPort(Find find, const std::string& name) const {
    ov_output_const_port_t* found = nullptr;
    const ov_status_e status = find(model_.get(), name.c_str(), &found);
    Port port(found, library_.api.ov_output_const_port_free);
    CALOTYPE_RETURN_IF_ERROR(library_.Error(status, fmt::format("{} is not in OpenVINO's graph", name)));
    return port;
  }

  // Waits while as many requests are running as there are streams: more would only take memory.
  StatusOr<Request> TakeRequest() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      const MutexLock lock(&mutex_);
      mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ < most_requests_; });
      ++running_;
      if (!idle_.empty()) {
        Request request = std::move(idle_.back());
        idle_.pop_back();
        return request;
      }
    }
    ov_infer_request_t* created = nullptr;
    const ov_status_e status = library_.api.ov_compiled_model_create_infer_request(model_.get(), &created);
    Request request(created, library_.api.ov_infer_request_free);
    if (status != 0) {
      Status error = library_.Error(status, "cannot create an inference request");
      PutBack(std::move(request));
      return error;
    }
    return request;
  }

  void PutBack(Request request) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    --running_;
    if (request != nullptr) {
      idle_.push_back(std::move(request));
    }
  }

  StatusOr<std::vector<Tensor>> RunOn(ov_infer_request_t* request, std::span<const Tensor> inputs) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      CALOTYPE_RETURN_IF_ERROR(SetInput(request, metadata_.inputs[i].name, inputs[i]));
    }
    CALOTYPE_RETURN_IF_ERROR(library_.Error(library_.api.ov_infer_request_infer(request), "inference failed"));
    std::vector<Tensor> outputs;
    for (const TensorInfo& output : metadata_.outputs) {
      CALOTYPE_ASSIGN_OR_RETURN(Tensor tensor, CopyOutput(request, output));
      outputs.push_back(std::move(tensor));
    }
    return outputs;
  }

  // Lets the request read `tensor`'s memory. It does not use it after the run.
  Status SetInput(ov_infer_request_t* request, const std::string& name, const Tensor& tensor) const {
    const ov_shape_t shape{.rank = static_cast<int64_t>(tensor.shape().size()),
                           .dims = const_cast<int64_t*>(tensor.shape().data())};
    ov_tensor_t* lent = nullptr;
    CALOTYPE_RETURN_IF_ERROR(library_.Error(
        library_.api.ov_tensor_create_from_host_ptr(library_.ToOpenVino(tensor.type()), shape, tensor.raw(), &lent),
        fmt::format("input {}", name)));
    const OpenVinoPtr<ov_tensor_t> owned(lent, library_.api.ov_tensor_free);
    return library_.Error(library_.api.ov_infer_request_set_tensor(request, name.c_str(), lent),
                          fmt::format("input {}", name));
  }

  // Copies the output, since the request's next run overwrites it.
  StatusOr<Tensor> CopyOutput(ov_infer_request_t* request, const TensorInfo& output) const {
    const OpenVinoApi& api = library_.api;
    const std::string what = fmt::format("output {}", output.name);
    ov_tensor_t* theirs = nullptr;
    CALOTYPE_RETURN_IF_ERROR(
        library_.Error(api.ov_infer_request_get_tensor(request, output.name.c_str(), &theirs), what));
    const OpenVinoPtr<ov_tensor_t> owned(theirs, api.ov_tensor_free);
    ov_element_type_e type = {};
    CALOTYPE_RETURN_IF_ERROR(library_.Error(api.ov_tensor_get_element_type(theirs, &type), what));
    if (type != library_.ToOpenVino(output.type)) {
      return absl::InternalError(fmt::format("{} should be {} but has OpenVINO's type {}", what,
                                             ElementTypeName(output.type), static_cast<int>(type)));
    }
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<int64_t> shape, ShapeOf(theirs, what));
    Tensor ours(output.type, std::move(shape));
    std::size_t bytes = 0;
    CALOTYPE_RETURN_IF_ERROR(library_.Error(api.ov_tensor_get_byte_size(theirs, &bytes), what));
    if (bytes != ours.bytes()) {
      return absl::InternalError(fmt::format("{} has {} bytes, but its shape needs {}", what, bytes, ours.bytes()));
    }
    void* data = nullptr;
    if (bytes > 0) {
      CALOTYPE_RETURN_IF_ERROR(library_.Error(api.ov_tensor_data(theirs, &data), what));
      std::memcpy(ours.raw(), data, bytes);
    }
    return ours;
  }

  StatusOr<std::vector<int64_t>> ShapeOf(const ov_tensor_t* tensor, std::string_view what) const {
    ov_shape_t shape = {};
    std::size_t elements = 0;
    const ov_status_e status = library_.api.ov_tensor_get_shape(tensor, &shape);
    if (status == kInvalidParameter && library_.api.ov_tensor_get_size(tensor, &elements) == 0 && elements == 1) {
      return std::vector<int64_t>();  // a scalar: the function cannot create a shape without dimensions
    }
    CALOTYPE_RETURN_IF_ERROR(library_.Error(status, what));
    std::vector<int64_t> ours(shape.dims, shape.dims + shape.rank);
    library_.api.ov_shape_free(&shape);
    return ours;
  }

  const OpenVinoLibrary& library_;
  const CompiledModel model_;
  OnnxMetadata metadata_;
  const DeviceInfo device_;
  const int most_requests_;
  Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Request> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

StatusOr<std::unique_ptr<Session>> LoadOpenVinoSession(const OpenVinoLibrary& library, const std::string& target,
                                                       const fs::path& model, const SessionOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(OnnxMetadata metadata, ReadOnnxMetadata(model));
  CALOTYPE_ASSIGN_OR_RETURN(CompiledModel compiled, Compile(library, target, model, options));
  DeviceInfo device{.engine = fmt::format("openvino {}", library.version),
                    .device = options.device,
                    .precision = PrecisionOf(library, compiled.get(), options.precision)};
  auto session = std::make_unique<OpenVinoSession>(library, std::move(compiled), std::move(metadata), std::move(device),
                                                   options.parallel);
  CALOTYPE_RETURN_IF_ERROR(session->Bind());
  return session;
}

}  // namespace calotype
