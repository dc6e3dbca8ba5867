#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "inference/engine.h"
#include "inference/engines/openvino_library.h"
#include "inference/engines/openvino_session.h"

namespace calotype {
namespace {

// OpenVINO's names of precisions in OPTIMIZATION_CAPABILITIES. The CPU lists BF16 and FP16 only if it has instructions
// for them.
struct Capability {
  std::string_view theirs;
  const char* ours;
};
constexpr std::array kCapabilities = {Capability{"FP32", "f32"}, Capability{"BF16", "bf16"}, Capability{"FP16", "f16"}};

// On x86-64, every CPU with FP16 has BF16 too. bf16 was faster for each of eight measured models (2026.4 with
// AVX512-FP16 and AMX), while f16 was slower than f32 for most and returned NaN for one.
#ifdef __x86_64__
constexpr bool kBf16IsBetter = true;
#else
constexpr bool kBf16IsBetter = false;
#endif

std::optional<std::string> ReadProperty(const OpenVinoLibrary& library, const std::string& target, const char* name) {
  char* value = nullptr;
  if (library.api.ov_core_get_property(library.core, target.c_str(), name, &value) != 0 || value == nullptr) {
    return std::nullopt;
  }
  std::string text = value;
  library.api.ov_free(value);
  return text;
}

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::vector<std::string> PrecisionsOf(const OpenVinoLibrary& library, const std::string& target) {
  const auto listed = Words(ReadProperty(library, target, "OPTIMIZATION_CAPABILITIES").value_or("FP32"));
  std::vector<std::string> precisions;
  for (const Capability& capability : kCapabilities) {
    if (kBf16IsBetter && target == "CPU" && capability.theirs == "FP16") {
      continue;
    }
    if (std::find(listed.begin(), listed.end(), capability.theirs) != listed.end()) {
      precisions.emplace_back(capability.ours);
    }
  }
  return precisions;
}

// OpenVINO's "CPU", "GPU", "GPU.0", "GPU.1", "NPU" -> "cpu", "gpu", "gpu", "gpu.1", "npu".
std::string OurName(std::string target) {
  if (target.ends_with(".0")) {
    target.resize(target.size() - 2);
  }
  return ToLowerAscii(target);
}

struct OpenVinoDevice {
  std::string target;  // OpenVINO's name
  EngineDevice offer;
};

OpenVinoDevice Describe(const OpenVinoLibrary& library, const std::string& target) {
  return {.target = target,
          .offer = {.device = OurName(target),
                    .description = ReadProperty(library, target, "FULL_DEVICE_NAME").value_or(""),
                    .precisions = PrecisionsOf(library, target),
                    .usable = absl::OkStatus()}};
}

// The CPU comes first. If its plug-in is missing, it is listed as unusable with the reason.
std::vector<OpenVinoDevice> FindDevices(const OpenVinoLibrary& library) {
  std::vector<OpenVinoDevice> devices;
  ov_available_devices_t listed = {};
  const Status status =
      library.Error(library.api.ov_core_get_available_devices(library.core, &listed), "OpenVINO cannot list devices");
  for (std::size_t i = 0; i < listed.size; ++i) {
    devices.push_back(Describe(library, listed.devices[i]));
  }
  library.api.ov_available_devices_free(&listed);
  const auto cpu =
      std::find_if(devices.begin(), devices.end(), [](const OpenVinoDevice& d) { return d.target == "CPU"; });
  if (cpu != devices.end()) {
    std::rotate(devices.begin(), cpu, cpu + 1);
    return devices;
  }
  const Status missing = status.ok()
                             ? absl::FailedPreconditionError(fmt::format(
                                   "there is no working CPU plug-in in the folder of {}", library.file.string()))
                             : status;
  devices.insert(
      devices.begin(),
      {.target = "CPU", .offer = {.device = "cpu", .description = "", .precisions = {"f32"}, .usable = missing}});
  return devices;
}

class OpenVinoEngine : public Engine {
 public:
  explicit OpenVinoEngine(const OpenVinoLibrary& library)
      : library_(library), name_(fmt::format("openvino {}", library.version)), devices_(FindDevices(library)) {}

  std::string name() const override { return name_; }

  std::vector<EngineDevice> devices() const override {
    std::vector<EngineDevice> offers;
    for (const OpenVinoDevice& device : devices_) {
      offers.push_back(device.offer);
    }
    return offers;
  }

  StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model, const SessionOptions& options) override {
    CALOTYPE_ASSIGN_OR_RETURN(const OpenVinoDevice* const device, Find(options));
    return LoadOpenVinoSession(library_, device->target, model, options);
  }

 private:
  StatusOr<const OpenVinoDevice*> Find(const SessionOptions& options) const {
    std::vector<std::string> names;
    for (const OpenVinoDevice& device : devices_) {
      const std::vector<std::string>& precisions = device.offer.precisions;
      if (device.offer.device != options.device) {
        names.push_back(device.offer.device);
      } else if (std::find(precisions.begin(), precisions.end(), options.precision) == precisions.end()) {
        return absl::InvalidArgumentError(fmt::format("{} does not support '{}' on {}; known: {}", name_,
                                                      options.precision, options.device, fmt::join(precisions, ", ")));
      } else {
        return &device;
      }
    }
    return absl::InvalidArgumentError(
        fmt::format("{} has no device '{}'; known: {}", name_, options.device, fmt::join(names, ", ")));
  }

  const OpenVinoLibrary& library_;
  const std::string name_;
  const std::vector<OpenVinoDevice> devices_;
};

}  // namespace

StatusOr<std::shared_ptr<Engine>> OpenOpenVino(const std::filesystem::path& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const OpenVinoLibrary* const opened, OpenOpenVinoLibrary(library));
  return std::make_shared<OpenVinoEngine>(*opened);
}

}  // namespace calotype
