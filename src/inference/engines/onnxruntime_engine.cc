#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "base/log.h"
#include "inference/engine.h"
#include "inference/engines/check_inputs.h"
#include "inference/engines/onnxruntime_api.h"
#include "inference/engines/onnxruntime_library.h"

namespace calotype {
namespace {

struct TypeMapping {
  ElementType ours;
  ONNXTensorElementDataType theirs;
};

constexpr std::array kTypes = {
    TypeMapping{ElementType::kFloat32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
    TypeMapping{ElementType::kUint8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    TypeMapping{ElementType::kInt32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    TypeMapping{ElementType::kInt64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
};

StatusOr<ElementType> FromOnnx(ONNXTensorElementDataType type) {
  for (const TypeMapping& mapping : kTypes) {
    if (mapping.theirs == type) {
      return mapping.ours;
    }
  }
  return absl::UnimplementedError(fmt::format("element type {} of ONNX is not handled", static_cast<int>(type)));
}

ONNXTensorElementDataType ToOnnx(ElementType type) {
  for (const TypeMapping& mapping : kTypes) {
    if (mapping.ours == type) {
      return mapping.theirs;
    }
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

Status FromException(const Ort::Exception& error) {
  switch (error.GetOrtErrorCode()) {
    case ORT_NO_SUCHFILE:
      return absl::NotFoundError(error.what());
    case ORT_INVALID_ARGUMENT:
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
    case ORT_NO_MODEL:
      return absl::InvalidArgumentError(error.what());
    default:
      return absl::InternalError(error.what());
  }
}

// ONNX Runtime talks of its own accord; what it says goes to our log.
void ORT_API_CALL LogFromRuntime(void* /*param*/, OrtLoggingLevel severity, const char* /*category*/,
                                 const char* /*id*/, const char* /*location*/, const char* message) {
  Log(severity >= ORT_LOGGING_LEVEL_ERROR ? LogLevel::kWarning : LogLevel::kDebug,
      fmt::format("onnxruntime: {}", message));
}

// One environment for all sessions of the process; never destroyed, like the library.
Ort::Env& Environment() {
  static auto* const kEnvironment = new Ort::Env(ORT_LOGGING_LEVEL_WARNING, "calotype", LogFromRuntime, nullptr);
  return *kEnvironment;
}

StatusOr<TensorInfo> DescribeTensor(std::string name, const Ort::TypeInfo& type) {
  const auto shape = type.GetTensorTypeAndShapeInfo();
  CALOTYPE_ASSIGN_OR_RETURN(const ElementType element, FromOnnx(shape.GetElementType()));
  return TensorInfo{.name = std::move(name), .type = element, .shape = shape.GetShape()};
}

class OnnxRuntimeSession : public Session {
 public:
  OnnxRuntimeSession(Ort::Session session, std::string engine)
      : session_(std::move(session)), engine_(std::move(engine)) {}

  // Reads names, types and shapes; once, before the session is shared.
  Status Describe() {
    Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i) {
      CALOTYPE_ASSIGN_OR_RETURN(TensorInfo info, DescribeTensor(session_.GetInputNameAllocated(i, allocator).get(),
                                                                session_.GetInputTypeInfo(i)));
      inputs_.push_back(std::move(info));
    }
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      CALOTYPE_ASSIGN_OR_RETURN(TensorInfo info, DescribeTensor(session_.GetOutputNameAllocated(i, allocator).get(),
                                                                session_.GetOutputTypeInfo(i)));
      outputs_.push_back(std::move(info));
    }
    return absl::OkStatus();
  }

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  DeviceInfo device() const override { return {.engine = engine_, .device = "cpu", .precision = "f32"}; }

  std::optional<std::string> Metadata(const std::string& key) const override {
    try {
      Ort::AllocatorWithDefaultOptions allocator;
      const auto value = session_.GetModelMetadata().LookupCustomMetadataMapAllocated(key.c_str(), allocator);
      return value == nullptr ? std::nullopt : std::optional<std::string>(value.get());
    } catch (const Ort::Exception&) {
      return std::nullopt;
    }
  }

  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    CALOTYPE_RETURN_IF_ERROR(CheckInputs(inputs_, inputs));
    try {
      return RunChecked(inputs);
    } catch (const Ort::Exception& error) {
      return FromException(error);
    }
  }

 private:
  StatusOr<std::vector<Tensor>> RunChecked(std::span<const Tensor> inputs) {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    std::vector<const char*> input_names;
    std::vector<const char*> output_names;
    std::vector<Ort::Value> values;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& tensor = inputs[i];
      input_names.push_back(inputs_[i].name.c_str());
      values.push_back(Ort::Value::CreateTensor(memory, tensor.raw(), tensor.bytes(), tensor.shape().data(),
                                                tensor.shape().size(), ToOnnx(tensor.type())));
    }
    for (const TensorInfo& output : outputs_) {
      output_names.push_back(output.name.c_str());
    }
    std::vector<Ort::Value> results = session_.Run(Ort::RunOptions{nullptr}, input_names.data(), values.data(),
                                                   values.size(), output_names.data(), output_names.size());
    std::vector<Tensor> tensors;
    for (Ort::Value& result : results) {
      CALOTYPE_ASSIGN_OR_RETURN(Tensor tensor, Lend(std::move(result)));
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

  // The result's own memory as a Tensor: no copy.
  static StatusOr<Tensor> Lend(Ort::Value result) {
    const auto info = result.GetTensorTypeAndShapeInfo();
    CALOTYPE_ASSIGN_OR_RETURN(const ElementType type, FromOnnx(info.GetElementType()));
    auto owner = std::make_shared<Ort::Value>(std::move(result));
    void* const data = owner->GetTensorMutableRawData();
    return Tensor(type, info.GetShape(), std::move(owner), data);
  }

  Ort::Session session_;
  const std::string engine_;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

class OnnxRuntimeEngine : public Engine {
 public:
  explicit OnnxRuntimeEngine(std::string version) : name_("onnxruntime " + std::move(version)) {}

  std::string name() const override { return name_; }

  std::vector<EngineDevice> devices() const override {
    return {{.device = "cpu", .description = "", .precisions = {"f32"}, .usable = absl::OkStatus()}};
  }

  StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model, const SessionOptions& options) override {
    try {
      Ort::SessionOptions settings;
      settings.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
      settings.SetIntraOpNumThreads(options.threads);
      settings.SetInterOpNumThreads(1);
      // Idle threads that spin take the core from the session beside them.
      settings.AddConfigEntry("session.intra_op.allow_spinning", "0");
      // Without it, int8 matrix products saturate on CPUs with AVX2 but without VNNI, and answers depend on the CPU.
      settings.AddConfigEntry("session.x64quantprecision", "1");
      auto session = std::make_unique<OnnxRuntimeSession>(Ort::Session(Environment(), model.c_str(), settings), name_);
      CALOTYPE_RETURN_IF_ERROR(session->Describe());
      return session;
    } catch (const Ort::Exception& error) {
      return FromException(error);
    }
  }

 private:
  const std::string name_;
};

}  // namespace

StatusOr<std::shared_ptr<Engine>> OpenOnnxRuntime(const OnnxRuntimeOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const OnnxRuntimeLibrary opened, OpenOnnxRuntimeLibrary(options.library));
  try {
    Environment();
  } catch (const Ort::Exception& error) {
    return FromException(error);
  }
  return std::make_shared<OnnxRuntimeEngine>(opened.version);
}

}  // namespace calotype
