#include "inference/engines/onnxruntime_session.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "inference/engines/check_inputs.h"
#include "inference/engines/onnxruntime_error.h"
#include "inference/engines/run_watch.h"

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
  return absl::UnimplementedError(
      fmt::format("the model has an input or output of ONNX element type {}; supported are float32, uint8, int32 and "
                  "int64: export it "
                  "with one of these",
                  static_cast<int>(type)));
}

ONNXTensorElementDataType ToOnnx(ElementType type) {
  for (const TypeMapping& mapping : kTypes) {
    if (mapping.ours == type) {
      return mapping.theirs;
    }
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

// Memory that a session frees stays in the allocator's lists without this: nearly all of the 60 to 160 MiB of a model
// was still resident.
void ReturnFreeMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

StatusOr<TensorInfo> DescribeTensor(std::string name, const Ort::TypeInfo& type) {
  const auto shape = type.GetTensorTypeAndShapeInfo();
  CALOTYPE_ASSIGN_OR_RETURN(const ElementType element, FromOnnx(shape.GetElementType()));
  return TensorInfo{.name = std::move(name), .type = element, .shape = shape.GetShape()};
}

class OnnxRuntimeSession : public Session {
 public:
  OnnxRuntimeSession(Ort::Session session, DeviceInfo device, std::chrono::milliseconds run_limit,
                     std::unique_ptr<ArenaShare> arena, std::optional<MappedFile> memory)
      : arena_(std::move(arena)),
        memory_(std::move(memory)),
        session_(std::move(session)),
        device_(std::move(device)),
        run_limit_(run_limit) {}
  OnnxRuntimeSession(const OnnxRuntimeSession&) = delete;
  OnnxRuntimeSession& operator=(const OnnxRuntimeSession&) = delete;
  ~OnnxRuntimeSession() override {
    session_ = Ort::Session(nullptr);
    arena_.reset();
    ReturnFreeMemory();
  }

  // Reads names, types and shapes. Called once, before the session is shared.
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
  DeviceInfo device() const override { return device_; }

  std::optional<std::string> Metadata(const std::string& key) const override {
    const StatusOr<std::optional<std::string>> found = Guarded([&]() -> StatusOr<std::optional<std::string>> {
      Ort::AllocatorWithDefaultOptions allocator;
      const auto value = session_.GetModelMetadata().LookupCustomMetadataMapAllocated(key.c_str(), allocator);
      return value == nullptr ? std::nullopt : std::optional<std::string>(value.get());
    });
    return found.ok() ? *found : std::nullopt;
  }

  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    CALOTYPE_RETURN_IF_ERROR(CheckInputs(inputs_, inputs));
    if (ended_in_a_row_ >= kGiveUp) {
      return RunTookTooLong(run_limit_);
    }
    Ort::RunOptions options;
    // A session that was made verbose to report where nodes run must not be verbose in each run.
    options.SetRunLogSeverityLevel(ORT_LOGGING_LEVEL_WARNING);
    const RunWatch watch(run_limit_, [&options] { options.SetTerminate(); });
    StatusOr<std::vector<Tensor>> outputs = Guarded([&] { return RunChecked(inputs, options); });
    if (!outputs.ok() && watch.ended()) {
      ++ended_in_a_row_;
      return RunTookTooLong(run_limit_);
    }
    ended_in_a_row_ = 0;
    return outputs;
  }

 private:
  StatusOr<std::vector<Tensor>> RunChecked(std::span<const Tensor> inputs, const Ort::RunOptions& options) {
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
    std::vector<Ort::Value> results = session_.Run(options, input_names.data(), values.data(), values.size(),
                                                   output_names.data(), output_names.size());
    std::vector<Tensor> tensors;
    for (Ort::Value& result : results) {
      CALOTYPE_ASSIGN_OR_RETURN(Tensor tensor, Lend(std::move(result)));
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

  // Returns the result's memory as a Tensor, without copying.
  static StatusOr<Tensor> Lend(Ort::Value result) {
    const auto info = result.GetTensorTypeAndShapeInfo();
    CALOTYPE_ASSIGN_OR_RETURN(const ElementType type, FromOnnx(info.GetElementType()));
    auto owner = std::make_shared<Ort::Value>(std::move(result));
    void* const data = owner->GetTensorMutableRawData();
    return Tensor(type, info.GetShape(), std::move(owner), data);
  }

  std::unique_ptr<ArenaShare> arena_;
  const std::optional<MappedFile> memory_;  // declared before the session, which reads from it until it is destroyed
  Ort::Session session_;
  const DeviceInfo device_;
  static constexpr int kGiveUp = 2;  // runs that were ended in a row: the next one would only waste the same time
  const std::chrono::milliseconds run_limit_;
  std::atomic<int> ended_in_a_row_ = 0;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

}  // namespace

StatusOr<std::unique_ptr<Session>> MakeOnnxRuntimeSession(Ort::Session session, DeviceInfo device,
                                                          std::chrono::milliseconds run_limit,
                                                          std::unique_ptr<ArenaShare> arena,
                                                          std::optional<MappedFile> memory) {
  auto made = std::make_unique<OnnxRuntimeSession>(std::move(session), std::move(device), run_limit, std::move(arena),
                                                   std::move(memory));
  CALOTYPE_RETURN_IF_ERROR(made->Describe());
  return made;
}

}  // namespace calotype
