#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mapped_file.h"
#include "inference/engine.h"
#include "inference/engines/compiled_folder.h"
#include "inference/engines/onnxruntime_environment.h"
#include "inference/engines/onnxruntime_error.h"
#include "inference/engines/onnxruntime_library.h"
#include "inference/engines/onnxruntime_plugins.h"
#include "inference/engines/onnxruntime_session.h"
#include "inference/engines/shape_sessions.h"
#include "inference/onnx_metadata.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCudaLibrary = "libonnxruntime_providers_cuda.so";
constexpr const char* kPrecision = "f32";
// The precision of quantised models. They define themselves what is computed in 8 bits, so ONNX Runtime needs no option
// for it.
constexpr const char* kQuantised = "int8";

struct Device {
  EngineDevice info;
  std::string provider;  // its name in ONNX Runtime; empty for the CPU
  std::function<void(Ort::SessionOptions&)> append;
  bool prepares_one_shape = false;  // plans for one input shape at a time (shape_sessions.h)
};

Device Cpu() {
  return {
      .info = {.device = "cpu", .description = "", .precisions = {kPrecision, kQuantised}, .usable = absl::OkStatus()},
      .provider = "",
      .append = [](Ort::SessionOptions&) {}};
}

// Throws if the provider's library or one that it needs cannot be loaded.
void AppendCuda(Ort::SessionOptions& settings) {
  Ort::CUDAProviderOptions options;
  options.Update({{"device_id", "0"},
                  // EXHAUSTIVE would try all algorithms again for each new shape.
                  {"cudnn_conv_algo_search", "HEURISTIC"},
                  // Growing by powers of two would take twice the memory that is needed.
                  {"arena_extend_strategy", "kSameAsRequested"}});
  settings.AppendExecutionProvider_CUDA_V2(*options);
}

Device Cuda() {
  return {.info = {.device = "cuda", .description = "", .precisions = {kPrecision}, .usable = absl::OkStatus()},
          .provider = "CUDAExecutionProvider",
          .append = AppendCuda,
          .prepares_one_shape = true};
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

using Names = std::set<std::string>;

// A process that runs a text encoder (a model whose inputs are token ids) only once or twice encodes one text at a
// time. If ONNX Runtime knows that there is one row, it can precompute what depends on the number of rows: more than
// half of the nodes of a CLIP text encoder, and of its loading time. Returns the name of that dimension; empty for any
// other model.
Names RowsOfOne(const fs::path& model, const SessionOptions& options) {
  if (!options.few_runs) {
    return {};
  }
  const StatusOr<OnnxMetadata> metadata = ReadOnnxMetadata(model);
  const auto is_ids = [](const TensorInfo& input) {
    return input.shape.size() == 2 && (input.type == ElementType::kInt64 || input.type == ElementType::kInt32);
  };
  return metadata.ok() && std::ranges::all_of(metadata->inputs, is_ids) ? metadata->row_names : Names();
}

Ort::SessionOptions Settings(const SessionOptions& options, const Names& rows_of_one) {
  Ort::SessionOptions settings;
  for (const std::string& name : rows_of_one) {
    settings.AddFreeDimensionOverrideByName(name.c_str(), 1);
  }
  settings.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
  settings.SetIntraOpNumThreads(options.threads);
  settings.SetInterOpNumThreads(1);
  // Idle threads that spin would take CPU time from other sessions.
  settings.AddConfigEntry("session.intra_op.allow_spinning", "0");
  // Without this option, int8 matrix products saturate on CPUs with AVX2 but without VNNI, and results depend on the
  // CPU.
  settings.AddConfigEntry("session.x64quantprecision", "1");
  // Prepacking copies weights into the layout of the kernels. That takes 0.1 s for 100 MB, too long for a few runs.
  settings.AddConfigEntry("session.disable_prepacking", options.few_runs ? "1" : "0");
  // Otherwise ONNX Runtime keeps one block of memory for each input shape, and photos and lines of text have many
  // shapes.
  settings.DisableMemPattern();
  return settings;
}

// CPU sessions compute in the shared arena. Their weights, which stay allocated, are outside it.
Ort::SessionOptions CpuSettings(const SessionOptions& options, const Names& rows_of_one) {
  Ort::SessionOptions settings = Settings(options, rows_of_one);
  settings.AddConfigEntry("session.use_env_allocators", "1");
  settings.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
  return settings;
}

// Version of the settings that affect a compiled model.
constexpr int kCompiledRevision = 1;
// Files of this format (flatbuffers) cannot be larger than 2 GiB.
constexpr uintmax_t kMaxCompiled = 1'900'000'000;

// Includes weights in a second file.
uintmax_t SizeOfModel(const fs::path& model) {
  uintmax_t size = 0;
  for (const char* beside : {"", ".data", "_data"}) {
    std::error_code error;
    const uintmax_t bytes = fs::file_size(model.string() + beside, error);
    size += error ? 0 : bytes;
  }
  return size;
}

// Finds out whether a session really uses its provider. Adding a provider without an error does not show that: nodes
// that it does not support run on the CPU silently. Forbidding that ("session.disable_cpu_ep_fallback") is too strict,
// since most models keep a few nodes for shapes on the CPU. So the runtime is asked where it placed the nodes: through
// its API since 1.24, before that through the log of a verbose session.
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

  // True if at least one node runs on the provider. `log` recorded the session's creation.
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

// A model may have one session per input shape on a device, as many as fit into this many bytes of weights.
constexpr uintmax_t kShapeBytes = 1'000'000'000;
constexpr uintmax_t kMostShapes = 16;

std::size_t ShapesAtATime(const fs::path& model) {
  return std::clamp(kShapeBytes / std::max<uintmax_t>(SizeOfModel(model), 1), uintmax_t{1}, kMostShapes);
}

class OnnxRuntimeEngine : public Engine, public std::enable_shared_from_this<OnnxRuntimeEngine> {
 public:
  OnnxRuntimeEngine(const OnnxRuntimeLibrary& library, std::vector<Device> devices)
      : name_("onnxruntime " + library.version), api_(library.api), devices_(std::move(devices)) {}

  std::string name() const override { return name_; }

  bool ends_runs() const override { return true; }

  std::vector<EngineDevice> devices() const override {
    std::vector<EngineDevice> infos;
    std::transform(devices_.begin(), devices_.end(), std::back_inserter(infos),
                   [](const Device& device) { return device.info; });
    return infos;
  }

  StatusOr<std::unique_ptr<Session>> Load(const fs::path& model, const SessionOptions& options) override {
    CALOTYPE_ASSIGN_OR_RETURN(const Device* const device, Find(options));
    CALOTYPE_RETURN_IF_ERROR(Annotate(device->info.usable, options.device));
    CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, LoadOne(*device, model, options));
    const std::size_t shapes = device->prepares_one_shape ? ShapesAtATime(model) : 1;
    if (shapes == 1) {
      return session;
    }
    const auto load = [self = shared_from_this(), device, model, options] {
      return self->LoadOne(*device, model, options);
    };
    return std::make_unique<ShapeSessions>(std::move(session), load, shapes);
  }

 private:
  StatusOr<std::unique_ptr<Session>> LoadOne(const Device& device, const fs::path& model,
                                             const SessionOptions& options) const {
    const RuntimeLog log;
    StatusOr<std::unique_ptr<Session>> session = Guarded([&] { return LoadOn(device, model, options, log); });
    return session.ok() ? std::move(session) : log.Explain(session.status());
  }

  StatusOr<const Device*> Find(const SessionOptions& options) const {
    const auto named = std::find_if(devices_.begin(), devices_.end(),
                                    [&](const Device& device) { return device.info.device == options.device; });
    if (named == devices_.end()) {
      std::vector<std::string> names;
      std::transform(devices_.begin(), devices_.end(), std::back_inserter(names),
                     [](const Device& device) { return device.info.device; });
      return absl::InvalidArgumentError(
          fmt::format("{} has no device '{}'; known: {}", name_, options.device, fmt::join(names, ", ")));
    }
    const std::vector<std::string>& precisions = named->info.precisions;
    if (std::find(precisions.begin(), precisions.end(), options.precision) == precisions.end()) {
      return absl::InvalidArgumentError(fmt::format("{} supports {} with precision {}, not '{}'", name_, options.device,
                                                    fmt::join(precisions, ", "), options.precision));
    }
    return &*named;
  }

  StatusOr<std::unique_ptr<Session>> LoadOn(const Device& device, const fs::path& model, const SessionOptions& options,
                                            const RuntimeLog& log) const {
    if (device.provider.empty()) {
      return LoadOnCpu(model, options);
    }
    Ort::SessionOptions settings = Settings(options, RowsOfOne(model, options));
    const Placement placement(api_, device.provider);
    placement.Prepare(settings);
    device.append(settings);
    Ort::Session session(Environment(), model.c_str(), settings);
    if (!placement.IsUsed(session, log)) {
      return absl::InternalError(fmt::format("{} supports no part of {}: all of it would run on the CPU",
                                             device.provider, model.filename().string()));
    }
    return MakeOnnxRuntimeSession(std::move(session), Info(options), std::chrono::milliseconds(0));
  }

  // Reading weights, folding constants and fusing nodes take ONNX Runtime the longest when it loads a model. The result
  // is saved in its own format, which can be mapped and used directly: a text encoder of 254 MB loads in a third of the
  // time.
  StatusOr<std::unique_ptr<Session>> LoadOnCpu(const fs::path& model, const SessionOptions& options) const {
    const Names rows_of_one = RowsOfOne(model, options);
    if (options.compiled.empty() || SizeOfModel(model) > kMaxCompiled) {
      return LoadPlain(model, options, rows_of_one);
    }
    const std::string maker =
        fmt::format("{} | {}{}", name_, kCompiledRevision, rows_of_one.empty() ? "" : " | rows of one");
    CALOTYPE_ASSIGN_OR_RETURN(const fs::path compiled, CompiledFile(options.compiled, model, maker));
    StatusOr<std::unique_ptr<Session>> session = Guarded([&] { return LoadCompiled(compiled, options); });
    if (session.ok()) {
      return session;
    }
    if (!absl::IsNotFound(session.status())) {
      LogInfo("compiling {} again: {}", compiled.string(), Message(session.status()));
    }
    session = Guarded([&] { return LoadAndKeep(model, options, rows_of_one, compiled); });
    if (session.ok()) {
      return session;
    }
    LogInfo("cannot save the compiled form of {} as {}: {}", model.string(), compiled.string(),
            Message(session.status()));
    return LoadPlain(model, options, rows_of_one);
  }

  StatusOr<std::unique_ptr<Session>> LoadPlain(const fs::path& model, const SessionOptions& options,
                                               const Names& rows_of_one) const {
    auto arena = std::make_unique<ArenaShare>();
    Ort::Session session(Environment(), model.c_str(), CpuSettings(options, rows_of_one));
    return MakeOnnxRuntimeSession(std::move(session), Info(options), options.run_limit, std::move(arena));
  }

  StatusOr<std::unique_ptr<Session>> LoadCompiled(const fs::path& compiled, const SessionOptions& options) const {
    CALOTYPE_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(compiled));
    Ort::SessionOptions settings = CpuSettings(options, {});
    settings.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_DISABLE_ALL);  // the file is already optimised
    settings.AddConfigEntry("session.load_model_format", "ORT");
    settings.AddConfigEntry("session.use_ort_model_bytes_directly", "1");
    settings.AddConfigEntry("session.use_ort_model_bytes_for_initializers", "1");
    auto arena = std::make_unique<ArenaShare>();
    Ort::Session session(Environment(), file.bytes().data(), file.bytes().size(), settings);
    file.Release();  // prepacking has copied most weights, so the mapping's pages are no longer needed
    return MakeOnnxRuntimeSession(std::move(session), Info(options), options.run_limit, std::move(arena),
                                  std::move(file));
  }

  StatusOr<std::unique_ptr<Session>> LoadAndKeep(const fs::path& model, const SessionOptions& options,
                                                 const Names& rows_of_one, const fs::path& compiled) const {
    static std::atomic<int> count{0};
    fs::create_directories(compiled.parent_path());
    const fs::path part = fmt::format("{}.{}-{}.part", compiled.string(), getpid(), count++);
    const auto remove_part = absl::MakeCleanup([&part] {
      std::error_code error;
      fs::remove(part, error);
    });
    Ort::SessionOptions settings = CpuSettings(options, rows_of_one);
    settings.SetOptimizedModelFilePath(part.c_str());
    settings.AddConfigEntry("session.save_model_format", "ORT");
    // ONNX Runtime warns that the file is for this processor only; the file's name contains the processor.
    settings.SetLogSeverityLevel(ORT_LOGGING_LEVEL_ERROR);
    auto arena = std::make_unique<ArenaShare>();
    Ort::Session session(Environment(), model.c_str(), settings);
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd written, OpenForReading(part));
    if (fsync(written.get()) != 0) {
      return ErrnoStatus(errno, fmt::format("write {}", part.string()));
    }
    fs::rename(part, compiled);
    return MakeOnnxRuntimeSession(std::move(session), Info(options), options.run_limit, std::move(arena));
  }

  DeviceInfo Info(const SessionOptions& options) const {
    return {.engine = name_, .device = options.device, .precision = options.precision};
  }

  const std::string name_;
  const int api_;
  const std::vector<Device> devices_;
};

// Plug-ins are requested by name, so names must be unique.
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
