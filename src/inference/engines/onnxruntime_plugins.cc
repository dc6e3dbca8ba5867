#include "inference/engines/onnxruntime_plugins.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "inference/engines/onnxruntime_environment.h"
#include "inference/engines/onnxruntime_error.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// The first C API version with plug-in providers.
constexpr int kPluginApi = 22;

struct HardwareKind {
  OrtHardwareDeviceType type;
  const char* name;
};

// In order of preference.
constexpr std::array kHardware = {HardwareKind{OrtHardwareDeviceType_GPU, "GPU"},
                                  HardwareKind{OrtHardwareDeviceType_NPU, "NPU"},
                                  HardwareKind{OrtHardwareDeviceType_CPU, "CPU"}};

struct Registration {
  fs::path library;
  RegisteredPlugin plugin;
};

struct Registry {
  Mutex mutex;
  std::map<std::string, Registration> by_name ABSL_GUARDED_BY(mutex);
};

Status CheckVersion(const OnnxRuntimeLibrary& library) {
  if (library.api >= kPluginApi) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(fmt::format(
      "ONNX Runtime {} does not support plug-in providers; 1.{} or later does", library.version, kPluginApi));
}

// Uses one device, not all: a provider may refuse several (CUDA's does) or distribute a model over them.
RegisteredPlugin Choose(const std::vector<Ort::ConstEpDevice>& offered) {
  for (const HardwareKind& kind : kHardware) {
    for (const Ort::ConstEpDevice& device : offered) {
      if (device.Device().Type() == kind.type) {
        return {.usable = absl::OkStatus(),
                .device = device,
                .provider = device.EpName(),
                .description = fmt::format("{} on a {} of {}", device.EpName(), kind.name, device.Device().Vendor())};
      }
    }
  }
  return {.usable = absl::FailedPreconditionError("registered, but offers no device on this machine")};
}

RegisteredPlugin Register(const std::string& name, const fs::path& file) {
  std::vector<Ort::ConstEpDevice> offered;
  const Status registered = Guarded([&]() -> Status {
    RuntimeLog heard;
    const std::vector<Ort::ConstEpDevice> before = Environment().GetEpDevices();
    const Status status = Guarded([&] {
      Environment().RegisterExecutionProviderLibrary(name.c_str(), file.string());
      return absl::OkStatus();
    });
    CALOTYPE_RETURN_IF_ERROR(heard.Explain(status));
    // A device does not tell which registration it belongs to: the devices that are new belong to this one.
    const auto is_new = [&](const Ort::ConstEpDevice& device) {
      return std::none_of(before.begin(), before.end(), [&](const Ort::ConstEpDevice& old) {
        return static_cast<const OrtEpDevice*>(old) == static_cast<const OrtEpDevice*>(device);
      });
    };
    const std::vector<Ort::ConstEpDevice> after = Environment().GetEpDevices();
    std::copy_if(after.begin(), after.end(), std::back_inserter(offered), is_new);
    return absl::OkStatus();
  });
  return registered.ok() ? Choose(offered) : RegisteredPlugin{.usable = registered};
}

}  // namespace

RegisteredPlugin RegisterPlugin(const PluginProvider& plugin, const OnnxRuntimeLibrary& library) {
  static auto* const kRegistry = new Registry;
  if (Status status = CheckVersion(library); !status.ok()) {
    return {.usable = std::move(status)};
  }
  std::error_code error;
  const fs::path file = fs::absolute(plugin.library, error);  // the runtime resolves relative paths in its own folder
  const MutexLock lock(&kRegistry->mutex);
  const auto known = kRegistry->by_name.find(plugin.name);
  if (known == kRegistry->by_name.end()) {
    RegisteredPlugin registered = Register(plugin.name, file);
    // A plug-in without a device is registered nevertheless, and ONNX Runtime would refuse its name a second time.
    if (registered.usable.ok() || absl::IsFailedPrecondition(registered.usable)) {
      kRegistry->by_name.emplace(plugin.name, Registration{.library = file, .plugin = registered});
    }
    return registered;
  }
  if (known->second.library != file) {
    return {.usable = absl::FailedPreconditionError(fmt::format("the name {} is already used in this process by {}",
                                                                plugin.name, known->second.library.string()))};
  }
  return known->second.plugin;
}

}  // namespace calotype
