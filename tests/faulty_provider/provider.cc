// An execution provider for ONNX Runtime's plug-in interface that computes a few nodes of each graph correctly, and
// fails as CALOTYPE_FAULT says (README.md).
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fault.h"
#include "kernels.h"

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

namespace faulty {
namespace {

// The first version whose providers can compile nodes.
constexpr int kOldestApi = 23;

// One for the process, whatever number of factories and sessions.
FaultSource& Faults() {
  static auto* const kFaults = new FaultSource;
  return *kFaults;
}

// What happens in the run that this thread is in. ONNX Runtime calls OnRunStart() and, with one thread between
// operators, Compute() on the thread that called Run().
thread_local FaultSource::Run current_run;

class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// No exception may cross into ONNX Runtime.
template <typename Function>
OrtStatus* Guarded(const Function& function) noexcept {
  try {
    function();
    return nullptr;
  } catch (const std::exception& error) {
    return Ort::GetApi().CreateStatus(ORT_FAIL, error.what());
  } catch (...) {
    return Ort::GetApi().CreateStatus(ORT_FAIL, "an exception of unknown type");
  }
}

void ThrowIfAsked(const std::optional<std::string>& error) {
  if (error.has_value()) {
    throw DeviceError(*error);
  }
}

// The version of the interface that the running library and these headers have in common.
int CommonApi(const OrtApiBase& base) {
  const std::string version = base.GetVersionString();
  int offered = 0;  // stays so for text that is no "1.N.P"
  if (version.starts_with("1.")) {
    std::from_chars(version.data() + 2, version.data() + version.size(), offered);
  }
  return std::min(offered, ORT_API_VERSION);
}

// A node that was taken: the operator, and the fault of the current run.
class TakenNode : public OrtNodeComputeInfo {
 public:
  TakenNode(uint32_t api, Kernel kernel, Bounds bounds, bool first)
      : OrtNodeComputeInfo{.ort_version_supported = api,
                           .CreateState = CreateStateImpl,
                           .Compute = ComputeImpl,
                           .ReleaseState = ReleaseStateImpl},
        kernel_(kernel),
        bounds_(bounds),
        first_(first) {}

 private:
  static OrtStatus* ORT_API_CALL CreateStateImpl(OrtNodeComputeInfo* self, OrtNodeComputeContext* /*context*/,
                                                 void** state) {
    *state = self;
    return nullptr;
  }

  static void ORT_API_CALL ReleaseStateImpl(OrtNodeComputeInfo* /*self*/, void* /*state*/) {}

  static OrtStatus* ORT_API_CALL ComputeImpl(OrtNodeComputeInfo* self, void* /*state*/, OrtKernelContext* context) {
    return Guarded([&] { static_cast<const TakenNode*>(self)->Compute(context); });
  }

  void Compute(OrtKernelContext* raw_context) const {
    const Ort::KernelContext context(raw_context);
    const Ort::ConstValue in = context.GetInput(0);
    const auto info = in.GetTensorTypeAndShapeInfo();
    const std::vector<int64_t> shape = info.GetShape();
    const std::size_t count = info.GetElementCount();
    if (first_) {
      FailOrHang(shape);
    }
    Ort::UnownedValue out = context.GetOutput(0, shape);
    const std::span<float> results(out.GetTensorMutableData<float>(), count);
    kernel_({in.GetTensorData<float>(), count}, results, bounds_);
    Spoil(results);
  }

  static void FailOrHang(const std::vector<int64_t>& shape) {
    const FaultSource::Run& run = current_run;
    if (run.largest_batch.has_value() && !shape.empty() && shape[0] > *run.largest_batch) {
      throw DeviceError(ErrorText(Fault::kOutOfMemory));
    }
    if (!run.fault.has_value()) {
      return;
    }
    if (run.fault->fault == Fault::kCrash) {
      std::raise(SIGSEGV);
    } else if (run.fault->fault == Fault::kHang) {
      std::this_thread::sleep_for(std::chrono::duration<double>(run.fault->amount));
    } else if (const std::string text = ErrorText(run.fault->fault); !text.empty()) {
      throw DeviceError(text);
    }
  }

  static void Spoil(std::span<float> results) {
    if (!current_run.fault.has_value()) {
      return;
    }
    if (current_run.fault->fault == Fault::kNan) {
      std::fill(results.begin(), results.end(), std::numeric_limits<float>::quiet_NaN());
    } else if (current_run.fault->fault == Fault::kWrong) {
      // A slow wave: it neither scales all values alike, which a normalisation would undo, nor averages out over a
      // channel.
      constexpr double kStep = 0.01;
      for (std::size_t i = 0; i < results.size(); ++i) {
        const double by = current_run.fault->amount * std::sin(kStep * static_cast<double>(i));
        results[i] *= static_cast<float>(1 + by);
      }
    }
  }

  const Kernel kernel_;
  const Bounds bounds_;
  const bool first_;  // of the graph: errors come from here, so that a failing run does no work
};

bool IsFloat(const Ort::ConstValueInfo& value) {
  const Ort::ConstTypeInfo type = value.TypeInfo();
  return type.GetONNXType() == ONNX_TYPE_TENSOR &&
         type.GetTensorTypeAndShapeInfo().GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}

bool IsConstant(const Ort::ConstValueInfo& value) { return value != nullptr && value.IsConstantInitializer(); }

bool CanTake(const Ort::ConstNode& node) {
  if (!node.GetDomain().empty() || FindKernel(node.GetOperatorType()) == nullptr) {
    return false;
  }
  const std::vector<Ort::ConstValueInfo> inputs = node.GetInputs();
  const bool is_clip = node.GetOperatorType() == "Clip";
  return inputs.size() == (is_clip ? 3 : 1) && IsFloat(inputs[0]) &&
         (!is_clip || (IsConstant(inputs[1]) && IsConstant(inputs[2])));
}

// The wrapper's own GetEpName() does not expect the null of a node that is not assigned yet.
bool IsAssigned(const Ort::ConstNode& node) {
  const char* name = nullptr;
  Ort::ThrowOnError(Ort::GetApi().Node_GetEpName(node, &name));
  return name != nullptr && *name != '\0';
}

float Scalar(const Ort::ConstValueInfo& info) {
  Ort::ConstValue value{nullptr};
  Ort::ThrowOnError(info.GetInitializer(value));
  return *value.GetTensorData<float>();
}

Bounds BoundsOf(const Ort::ConstNode& node) {
  const std::vector<Ort::ConstValueInfo> inputs = node.GetInputs();
  return inputs.size() == 3 ? Bounds{.low = Scalar(inputs[1]), .high = Scalar(inputs[2])} : Bounds{};
}

// One session's share of the provider.
class Provider : public OrtEp {
 public:
  Provider(uint32_t api, std::string name) : OrtEp{}, name_(std::move(name)) {
    ort_version_supported = api;
    GetName = [](const OrtEp* self) noexcept { return static_cast<const Provider*>(self)->name_.c_str(); };
    GetCapability = [](OrtEp* self, const OrtGraph* graph, OrtEpGraphSupportInfo* info) noexcept {
      return Guarded([&] { static_cast<Provider*>(self)->Take(Ort::ConstGraph(graph), info); });
    };
    Compile = [](OrtEp* self, const OrtGraph** graphs, const OrtNode** /*fused*/, std::size_t count,
                 OrtNodeComputeInfo** infos, OrtNode** /*contexts*/) noexcept {
      return Guarded([&] { static_cast<Provider*>(self)->CompileAll({graphs, count}, infos); });
    };
    ReleaseNodeComputeInfos = [](OrtEp* /*self*/, OrtNodeComputeInfo** infos, std::size_t count) noexcept {
      for (std::size_t i = 0; i < count; ++i) {
        delete static_cast<TakenNode*>(infos[i]);
      }
    };
    OnRunStart = [](OrtEp* /*self*/, const OrtRunOptions* /*options*/) noexcept {
      return Guarded([] { current_run = Faults().NextRun(); });
    };
  }

 private:
  // The first node that can be taken, so that a failing run fails early, and the last ones, so that what is wrong with
  // their values is seen in the outputs.
  void Take(const Ort::ConstGraph& graph, OrtEpGraphSupportInfo* info) {
    constexpr std::size_t kLast = 3;
    std::vector<const OrtNode*> able;
    for (const Ort::ConstNode& node : graph.GetNodes()) {
      if (IsAssigned(node)) {
        return;  // asked again after a first round: enough was taken
      }
      if (CanTake(node)) {
        able.push_back(node);
      }
    }
    if (able.empty() || graph.GetParentNode() != nullptr) {
      return;
    }
    first_output_ = Ort::ConstNode(able.front()).GetOutputs()[0].GetName();
    if (able.size() > kLast + 1) {
      able.erase(able.begin() + 1, able.end() - kLast);
    }
    // Constants are read once in Compile(), so that the data is the only input left.
    const OrtNodeFusionOptions fusion = {.ort_version_supported = ort_version_supported,
                                         .drop_constant_initializers = true};
    for (const OrtNode* const node : able) {
      Ort::ThrowOnError(Ort::GetEpApi().EpGraphSupportInfo_AddNodesToFuse(info, &node, 1, &fusion));
    }
  }

  void CompileAll(std::span<const OrtGraph*> graphs, OrtNodeComputeInfo** infos) const {
    ThrowIfAsked(Faults().Plan().on_compile);
    for (std::size_t i = 0; i < graphs.size(); ++i) {
      const Ort::ConstNode node = Ort::ConstGraph(graphs[i]).GetNodes().at(0);
      const bool first = node.GetOutputs()[0].GetName() == first_output_;
      infos[i] = new TakenNode(ort_version_supported, FindKernel(node.GetOperatorType()), BoundsOf(node), first);
    }
  }

  const std::string name_;
  std::string first_output_;
};

// Makes providers; named as it was registered, so that several may stand side by side.
class Factory : public OrtEpFactory {
 public:
  Factory(uint32_t api, std::string name) : OrtEpFactory{}, name_(std::move(name)) {
    ort_version_supported = api;
    GetName = [](const OrtEpFactory* self) noexcept { return static_cast<const Factory*>(self)->name_.c_str(); };
    GetVendor = [](const OrtEpFactory* /*self*/) noexcept { return "calotype"; };
    GetVendorId = [](const OrtEpFactory* /*self*/) noexcept { return uint32_t{0}; };
    GetVersion = [](const OrtEpFactory* /*self*/) noexcept { return "1.0.0"; };
    IsStreamAware = [](const OrtEpFactory* /*self*/) noexcept { return false; };
    // ONNX Runtime calls these without asking whether they are there; answering none leaves it with the CPU's memory.
    CreateAllocator = [](OrtEpFactory* /*self*/, const OrtMemoryInfo* /*info*/, const OrtKeyValuePairs* /*options*/,
                         OrtAllocator** allocator) noexcept -> OrtStatus* {
      *allocator = nullptr;
      return nullptr;
    };
    ReleaseAllocator = [](OrtEpFactory* /*self*/, OrtAllocator* /*allocator*/) noexcept {};
    CreateDataTransfer = [](OrtEpFactory* /*self*/, OrtDataTransferImpl** transfer) noexcept -> OrtStatus* {
      *transfer = nullptr;
      return nullptr;
    };
    GetSupportedDevices = [](OrtEpFactory* self, const OrtHardwareDevice* const* devices, std::size_t count,
                             OrtEpDevice** ep_devices, std::size_t most, std::size_t* found) noexcept {
      return Guarded([&] {
        const bool absent = Faults().Plan().absent;
        *found = absent ? 0 : OfferCpu(self, {devices, count}, {ep_devices, most});
      });
    };
    CreateEp = [](OrtEpFactory* self, const OrtHardwareDevice* const* /*devices*/,
                  const OrtKeyValuePairs* const* /*metadata*/, std::size_t /*count*/,
                  const OrtSessionOptions* /*options*/, const OrtLogger* /*logger*/, OrtEp** ep) noexcept {
      return Guarded([&] {
        ThrowIfAsked(Faults().Plan().on_create);
        *ep = std::make_unique<Provider>(self->ort_version_supported, static_cast<Factory*>(self)->name_).release();
      });
    };
    ReleaseEp = [](OrtEpFactory* /*self*/, OrtEp* ep) noexcept { delete static_cast<Provider*>(ep); };
  }

 private:
  // The CPU is the one device that every machine has.
  static std::size_t OfferCpu(OrtEpFactory* self, std::span<const OrtHardwareDevice* const> devices,
                              std::span<OrtEpDevice*> offered) {
    for (const OrtHardwareDevice* const device : devices) {
      if (!offered.empty() && Ort::GetApi().HardwareDevice_Type(device) == OrtHardwareDeviceType_CPU) {
        Ort::ThrowOnError(Ort::GetEpApi().CreateEpDevice(self, device, nullptr, nullptr, offered.data()));
        return 1;
      }
    }
    return 0;
  }

  const std::string name_;
};

}  // namespace
}  // namespace faulty

extern "C" {

__attribute__((visibility("default"))) OrtStatus* CreateEpFactories(const char* name, const OrtApiBase* base,
                                                                    const OrtLogger* /*logger*/,
                                                                    OrtEpFactory** factories, std::size_t most,
                                                                    std::size_t* count) {
  const int api = faulty::CommonApi(*base);
  Ort::InitApi(base->GetApi(static_cast<uint32_t>(api)));
  return faulty::Guarded([&] {
    if (api < faulty::kOldestApi || most == 0) {
      throw std::runtime_error(std::string("needs ONNX Runtime 1.23 or later, this is ") + base->GetVersionString());
    }
    faulty::ThrowIfAsked(faulty::Faults().Plan().on_register);
    factories[0] = new faulty::Factory(static_cast<uint32_t>(api), name);
    *count = 1;
  });
}

__attribute__((visibility("default"))) OrtStatus* ReleaseEpFactory(OrtEpFactory* factory) {
  delete static_cast<faulty::Factory*>(factory);
  return nullptr;
}

}  // extern "C"
