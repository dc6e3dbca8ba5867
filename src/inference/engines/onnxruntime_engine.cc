#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "inference/engine.h"
#include "inference/engines/onnxruntime_environment.h"
#include "inference/engines/onnxruntime_error.h"
#include "inference/engines/onnxruntime_library.h"
#include "inference/engines/onnxruntime_plugins.h"
#include "inference/engines/onnxruntime_session.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCudaLibrary = "libonnxruntime_providers_cuda.so";
constexpr const char* kPrecision = "f32";

struct Device {
  EngineDevice info;
  std::string provider;  // what ONNX Runtime calls it; empty for the CPU
  std::function<void(Ort::SessionOptions&)> append;
};

Device Cpu() {
  return {.info = {.device = "cpu", .description = "", .precisions = {kPrecision}, .usable = absl::OkStatus()},
          .provider = "",
          .append = [](Ort::SessionOptions&) {}};
}

// Throws when the provider's library or one that it needs cannot be loaded.
void AppendCuda(Ort::SessionOptions& settings) {
  Ort::CUDAProviderOptions options;
  options.Update({{"device_id", "0"},
                  // EXHAUSTIVE tries all algorithms again for each new shape.
                  {"cudnn_conv_algo_search", "HEURISTIC"},
                  // Growing by powers of two takes twice the memory that is needed.
                  {"arena_extend_strategy", "kSameAsRequested"}});
  settings.AppendExecutionProvider_CUDA_V2(*options);
}

Device Cuda() {
  return {.info = {.device = "cuda", .description = "", .precisions = {kPrecision}, .usable = absl::OkStatus()},
          .provider = "CUDAExecutionProvider",
          .append = AppendCuda};
}

Device Plugin(const PluginProvider& plugin, const OnnxRuntimeLibrary& library) {
  const RegisteredPlugin registered = RegisterPlugin(plugin, library);
  return {.info = {.device = plugin.name,
                   .description = registered.description,
                   .precisions = {kPrecision},
                   .usable = Annotate(registered.usable, plugin.library.string())},
          .provider = registered.provider,
          .append = [device = registered.device](Ort::SessionOptions& settings) {
            settings.AppendExecutionProvider_V2(Environment(), {device}, Ort::KeyValuePairs());
          }};
}

Ort::SessionOptions Settings(const SessionOptions& options) {
  Ort::SessionOptions settings;
  settings.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
  settings.SetIntraOpNumThreads(options.threads);
  settings.SetInterOpNumThreads(1);
  // Idle threads that spin take the core from the session beside them.
  settings.AddConfigEntry("session.intra_op.allow_spinning", "0");
  // Without it, int8 matrix products saturate on CPUs with AVX2 but without VNNI, and answers depend on the CPU.
  settings.AddConfigEntry("session.x64quantprecision", "1");
  return settings;
}

// Whether a session really uses its provider. Being appended without an error says little: nodes that a provider does
// not take go to the CPU silently. Forbidding that ("session.disable_cpu_ep_fallback") is too strict, since most models
// keep a few nodes for shapes there. So the runtime is asked where it placed the nodes: by its API from 1.24 on, and
// before that by what it logs when a session is verbose.
class Placement {
 public:
  Placement(int api, std::string provider) : has_api_(api >= kAssignmentApi), provider_(std::move(provider)) {}

  void Prepare(Ort::SessionOptions& settings) const {
    if (has_api_) {
      settings.AddConfigEntry("session.record_ep_graph_assignment_info", "1");
    } else {
      settings.SetLogSeverityLevel(ORT_LOGGING_LEVEL_VERBOSE);
    }
  }

  // At least one node runs on the provider. `log` heard the session's creation.
  bool IsUsed(const Ort::Session& session, const RuntimeLog& log) const {
    if (!has_api_) {
      return log.Heard(fmt::format("placed on [{}]", provider_));
    }
    const std::vector<Ort::ConstEpAssignedSubgraph> parts = session.GetEpGraphAssignmentInfo();
    return std::any_of(parts.begin(), parts.end(), [&](const Ort::ConstEpAssignedSubgraph& part) {
      return part.GetEpName() == provider_ && !part.GetNodes().empty();
    });
  }

 private:
  static constexpr int kAssignmentApi = 24;

  const bool has_api_;
  const std::string provider_;
};

class OnnxRuntimeEngine : public Engine {
 public:
  OnnxRuntimeEngine(const OnnxRuntimeLibrary& library, std::vector<Device> devices)
      : name_("onnxruntime " + library.version), api_(library.api), devices_(std::move(devices)) {}

  std::string name() const override { return name_; }

  std::vector<EngineDevice> devices() const override {
    std::vector<EngineDevice> infos;
    std::transform(devices_.begin(), devices_.end(), std::back_inserter(infos),
                   [](const Device& device) { return device.info; });
    return infos;
  }

  StatusOr<std::unique_ptr<Session>> Load(const fs::path& model, const SessionOptions& options) override {
    CALOTYPE_ASSIGN_OR_RETURN(const Device* const device, Find(options));
    CALOTYPE_RETURN_IF_ERROR(Annotate(device->info.usable, options.device));
    const RuntimeLog log;
    StatusOr<std::unique_ptr<Session>> session = Guarded([&] { return LoadOn(*device, model, options, log); });
    return session.ok() ? std::move(session) : log.Explain(session.status());
  }

 private:
  StatusOr<const Device*> Find(const SessionOptions& options) const {
    const auto named = std::find_if(devices_.begin(), devices_.end(),
                                    [&](const Device& device) { return device.info.device == options.device; });
    if (named == devices_.end()) {
      std::vector<std::string> names;
      std::transform(devices_.begin(), devices_.end(), std::back_inserter(names),
                     [](const Device& device) { return device.info.device; });
      return absl::InvalidArgumentError(
          fmt::format("{} has no device '{}'; it has {}", name_, options.device, fmt::join(names, ", ")));
    }
    if (options.precision != kPrecision) {
      return absl::InvalidArgumentError(
          fmt::format("{} computes on {} in {}, not in '{}'", name_, options.device, kPrecision, options.precision));
    }
    return &*named;
  }

  StatusOr<std::unique_ptr<Session>> LoadOn(const Device& device, const fs::path& model, const SessionOptions& options,
                                            const RuntimeLog& log) const {
    Ort::SessionOptions settings = Settings(options);
    const Placement placement(api_, device.provider);
    const bool on_cpu = device.provider.empty();
    if (!on_cpu) {
      placement.Prepare(settings);
    }
    device.append(settings);
    Ort::Session session(Environment(), model.c_str(), settings);
    if (!on_cpu && !placement.IsUsed(session, log)) {
      return absl::InternalError(fmt::format("{} takes no node of {}: all of it would run on the CPU", device.provider,
                                             model.filename().string()));
    }
    return MakeOnnxRuntimeSession(std::move(session),
                                  {.engine = name_, .device = device.info.device, .precision = kPrecision});
  }

  const std::string name_;
  const int api_;
  const std::vector<Device> devices_;
};

// Names are how devices are asked for.
Status CheckNames(const std::vector<Device>& devices, const std::string& name) {
  const bool taken =
      std::any_of(devices.begin(), devices.end(), [&](const Device& device) { return device.info.device == name; });
  if (name.empty() || name == "cuda" || taken) {
    return absl::InvalidArgumentError(fmt::format("'{}' cannot be the name of a plug-in provider: {}", name,
                                                  name.empty() ? "it is empty" : "another device has it"));
  }
  return absl::OkStatus();
}

StatusOr<std::vector<Device>> FindDevices(const OnnxRuntimeLibrary& library,
                                          const std::vector<PluginProvider>& plugins) {
  std::vector<Device> devices = {Cpu()};
  std::error_code error;
  if (fs::exists(library.folder / kCudaLibrary, error)) {
    devices.push_back(Cuda());
  }
  for (const PluginProvider& plugin : plugins) {
    CALOTYPE_RETURN_IF_ERROR(CheckNames(devices, plugin.name));
    devices.push_back(Plugin(plugin, library));
  }
  return devices;
}

}  // namespace

StatusOr<std::shared_ptr<Engine>> OpenOnnxRuntime(const OnnxRuntimeOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const OnnxRuntimeLibrary opened, OpenOnnxRuntimeLibrary(options.library));
  return Guarded([&]() -> StatusOr<std::shared_ptr<Engine>> {
    Environment();
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<Device> devices, FindDevices(opened, options.plugins));
    return std::make_shared<OnnxRuntimeEngine>(opened, std::move(devices));
  });
}

}  // namespace calotype
