#include "inference/compatibility/nvidia_facts.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "inference/compatibility/version.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// CUdevice_attribute, from NVIDIA's public driver API.
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;
constexpr int kMaxGpus = 64;
constexpr std::size_t kNameSize = 256;
constexpr std::string_view kNvidiaVendor = "0x10de";
constexpr std::string_view kDisplayClass = "0x03";  // PCI class prefix of VGA and 3D controllers

std::string ReadText(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

template <typename Function>
bool Bind(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool BindCuda(void* library, CudaDriverApi& api) {
  // The function without the suffix has a 32-bit size and reports the memory of small GPUs only.
  Bind(library, "cuDeviceTotalMem_v2", api.device_memory);
  return Bind(library, "cuInit", api.init) && Bind(library, "cuDriverGetVersion", api.driver_version) &&
         Bind(library, "cuDeviceGetCount", api.device_count) && Bind(library, "cuDeviceGet", api.device_get) &&
         Bind(library, "cuDeviceGetName", api.device_name) &&
         Bind(library, "cuDeviceGetAttribute", api.device_attribute);
}

int ReadGpu(const CudaDriverApi& api, int index, NvidiaGpu& gpu) {
  int device = 0;
  if (const int error = api.device_get(&device, index); error != 0) {
    return error;
  }
  std::array<char, kNameSize> name{};
  if (api.device_name(name.data(), static_cast<int>(name.size()) - 1, device) == 0) {
    gpu.name = name.data();
  }
  int major = 0;
  int minor = 0;
  if (api.device_attribute(&major, kComputeCapabilityMajor, device) == 0 &&
      api.device_attribute(&minor, kComputeCapabilityMinor, device) == 0) {
    gpu.architecture = major * 10 + minor;
  }
  std::size_t bytes = 0;
  if (api.device_memory != nullptr && api.device_memory(&bytes, device) == 0) {
    gpu.memory_bytes = bytes;
  }
  return 0;
}

// Gets the driver's version where the kernel's files do not have it (WSL, some containers).
std::string AskManagementLibrary(const std::string& file) {
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return "";
  }
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*version)(char*, unsigned) = nullptr;
  std::array<char, kNameSize> text{};
  if (Bind(library, "nvmlInit_v2", init) && Bind(library, "nvmlShutdown", shutdown) &&
      Bind(library, "nvmlSystemGetDriverVersion", version) && init() == 0) {
    if (version(text.data(), static_cast<unsigned>(text.size()) - 1) != 0) {
      text[0] = '\0';
    }
    shutdown();
  }
  dlclose(library);
  return ParseDriverVersion(text.data());
}

int CountPciGpus(const fs::path& devices) {
  int count = 0;
  std::error_code error;
  for (const fs::directory_entry& device : fs::directory_iterator(devices, error)) {
    if (ReadText(device.path() / "vendor").starts_with(kNvidiaVendor) &&
        ReadText(device.path() / "class").starts_with(kDisplayClass)) {
      ++count;
    }
  }
  return count;
}

std::string ReadDriverVersion(const NvidiaSources& sources) {
  std::string version = ParseDriverVersion(ReadText(sources.module));
  if (version.empty()) {
    version = ParseDriverVersion(ReadText(sources.proc));
  }
  return version.empty() ? AskManagementLibrary(sources.management) : version;
}

}  // namespace

std::string ArchitectureName(int architecture) { return fmt::format("sm_{}", architecture); }

void AskCudaDriver(const CudaDriverApi& api, NvidiaFacts& facts) {
  // Queried first: it works even if cuInit fails, and then helps to explain the failure.
  api.driver_version(&facts.cuda_version);
  facts.error = api.init(0);
  int count = 0;
  if (facts.error == 0) {
    facts.error = api.device_count(&count);
  }
  for (int i = 0; facts.error == 0 && i < count && i < kMaxGpus; ++i) {
    NvidiaGpu gpu;
    facts.error = ReadGpu(api, i, gpu);
    if (facts.error == 0) {
      facts.gpus.push_back(gpu);
    }
  }
}

std::string ParseDriverVersion(std::string_view text) {
  // Example: "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build". The version is the
  // first word that looks like one.
  text = text.substr(0, text.find('\n'));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (word.find_first_not_of("0123456789.") == std::string_view::npos && ParseVersion(word).has_value()) {
      return std::string(word);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "";
}

NvidiaFacts ReadNvidiaFacts(const NvidiaSources& sources) {
  NvidiaFacts facts;
  facts.pci_gpus = CountPciGpus(sources.pci);
  if (const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES"); visible != nullptr) {
    facts.visible_devices = visible;
  }
  facts.driver_version = ReadDriverVersion(sources);
  // Never closed: an initialised driver does not survive that.
  void* const library = dlopen(sources.cuda.c_str(), RTLD_NOW | RTLD_LOCAL);
  CudaDriverApi api;
  if (library == nullptr) {
    const char* const error = dlerror();
    facts.library_error = error == nullptr ? "it cannot be opened" : error;
  } else if (!BindCuda(library, api)) {
    facts.library_error = sources.cuda + " lacks calls of the CUDA driver";
  } else {
    facts.library = true;
    AskCudaDriver(api, facts);
  }
  return facts;
}

}  // namespace calotype
