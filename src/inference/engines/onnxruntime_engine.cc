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
// A model that says itself what it computes in 8 bits: nothing is asked of ONNX Runtime for it.
constexpr const char* kQuantised = "int8";

struct Device {
  EngineDevice info;
  std::string provider;  // what ONNX Runtime calls it; empty for the CPU
  std::function<void(Ort::SessionOptions&)> append;
  bool prepares_one_shape = false;  // at a time (shape_sessions.h)
};

Device Cpu() {
  return {
      .info = {.device = "cpu", .description = "", .precisions = {kPrecision, kQuantised}, .usable = absl::OkStatus()},
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

// A run or two of a model that is given token ids alone are of one text each. What the graph works out from the number
// of its rows is then known beforehand: more than half of the nodes of a CLIP text encoder, and of the time to load it.
// Answers what that number is called; empty for any other model.
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
  // Idle threads that spin take the core from the session beside them.
  settings.AddConfigEntry("session.intra_op.allow_spinning", "0");
  // Without it, int8 matrix products saturate on CPUs with AVX2 but without VNNI, and answers depend on the CPU.
  settings.AddConfigEntry("session.x64quantprecision", "1");
  // Weights laid out for the kernels once more: a tenth of a second for 100 MB, which a few runs do not earn back.
  settings.AddConfigEntry("session.disable_prepacking", options.few_runs ? "1" : "0");
  // A plan of memory is kept for each shape of input otherwise, as one block: photos and lines of text come in many.
  settings.DisableMemPattern();
  return settings;
}

// A session on the CPU computes in the arena that all share; its weights, which stay, lie outside.
Ort::SessionOptions CpuSettings(const SessionOptions& options, const Names& rows_of_one) {
  Ort::SessionOptions settings = Settings(options, rows_of_one);
  settings.AddConfigEntry("session.use_env_allocators", "1");
  settings.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
  return settings;
}

// Of what Settings() writes into a compiled model.
constexpr int kCompiledRevision = 1;
// The format (flatbuffers) ends at 2 GiB.
constexpr uintmax_t kMaxCompiled = 1'900'000'000;

// With the weights that lie beside it.
uintmax_t SizeOfModel(const fs::path& model) {
  uintmax_t size = 0;
  for (const char* beside : {"", ".data", "_data"}) {
    std::error_code error;
    const uintmax_t bytes = fs::file_size(model.string() + beside, error);
    size += error ? 0 : bytes;
  }
  return size;
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

// The sessions that a model may have on a device, one for each shape: as many as these bytes of weights are.
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
          fmt::format("{} has no device '{}'; it has {}", name_, options.device, fmt::join(names, ", ")));
    }
    const std::vector<std::string>& precisions = named->info.precisions;
    if (std::find(precisions.begin(), precisions.end(), options.precision) == precisions.end()) {
      return absl::InvalidArgumentError(fmt::format("{} computes on {} in {}, not in '{}'", name_, options.device,
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
      return absl::InternalError(fmt::format("{} takes no node of {}: all of it would run on the CPU", device.provider,
                                             model.filename().string()));
    }
    return MakeOnnxRuntimeSession(std::move(session), Info(options));
  }

  // ONNX Runtime takes longest to read a model's weights, to fold constants and to fuse nodes. What comes of that is
  // kept in its own format, which is mapped and used as it lies there: a text encoder of 254 MB loads in a third of the
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
      LogInfo("{} is made again: {}", compiled.string(), Message(session.status()));
    }
    session = Guarded([&] { return LoadAndKeep(model, options, rows_of_one, compiled); });
    if (session.ok()) {
      return session;
    }
    LogInfo("{} cannot be kept as {}: {}", model.string(), compiled.string(), Message(session.status()));
    return LoadPlain(model, options, rows_of_one);
  }

  StatusOr<std::unique_ptr<Session>> LoadPlain(const fs::path& model, const SessionOptions& options,
                                               const Names& rows_of_one) const {
    auto arena = std::make_unique<ArenaShare>();
    Ort::Session session(Environment(), model.c_str(), CpuSettings(options, rows_of_one));
    return MakeOnnxRuntimeSession(std::move(session), Info(options), std::move(arena));
  }

  StatusOr<std::unique_ptr<Session>> LoadCompiled(const fs::path& compiled, const SessionOptions& options) const {
    CALOTYPE_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(compiled));
    Ort::SessionOptions settings = CpuSettings(options, {});
    settings.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_DISABLE_ALL);  // it is optimised
    settings.AddConfigEntry("session.load_model_format", "ORT");
    settings.AddConfigEntry("session.use_ort_model_bytes_directly", "1");
    settings.AddConfigEntry("session.use_ort_model_bytes_for_initializers", "1");
    auto arena = std::make_unique<ArenaShare>();
    Ort::Session session(Environment(), file.bytes().data(), file.bytes().size(), settings);
    file.Release();  // most weights are laid out anew by now, and not looked at again
    return MakeOnnxRuntimeSession(std::move(session), Info(options), std::move(arena), std::move(file));
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
    // It warns that the file is for this processor alone, which its name says.
    settings.SetLogSeverityLevel(ORT_LOGGING_LEVEL_ERROR);
    auto arena = std::make_unique<ArenaShare>();
    Ort::Session session(Environment(), model.c_str(), settings);
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd written, OpenForReading(part));
    if (fsync(written.get()) != 0) {
      return ErrnoStatus(errno, fmt::format("write {}", part.string()));
    }
    fs::rename(part, compiled);
    return MakeOnnxRuntimeSession(std::move(session), Info(options), std::move(arena));
  }

  DeviceInfo Info(const SessionOptions& options) const {
    return {.engine = name_, .device = options.device, .precision = options.precision};
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
