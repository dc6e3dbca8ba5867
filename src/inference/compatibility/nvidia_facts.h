// Finds NVIDIA's driver and GPUs. Queries libcuda.so.1, which is opened at run time if it exists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

struct NvidiaGpu {
  std::string name;
  int architecture = 0;  // compute capability as a number: 75 means 7.5, 120 means 12.0
  uint64_t memory_bytes = 0;
};

// "sm_75"
std::string ArchitectureName(int architecture);

struct NvidiaFacts {
  bool library = false;                        // libcuda.so.1 was opened and has the functions of the driver
  std::string library_error;                   // the loader's message if it was not
  int error = 0;                               // result of cuInit or cuDeviceGetCount (CUresult); 0: success
  int cuda_version = 0;                        // the newest CUDA that the driver supports: 12080 is 12.8; 0: unknown
  std::string driver_version;                  // "580.65.06"; empty: unknown
  std::vector<NvidiaGpu> gpus;                 // those visible to this process
  std::optional<std::string> visible_devices;  // CUDA_VISIBLE_DEVICES, which hides GPUs
  int pci_gpus = 0;                            // NVIDIA GPUs on the PCI bus, even without a driver
};

// The functions of libcuda.so.1 that are used. Each returns a CUresult, 0 for success.
struct CudaDriverApi {
  int (*init)(unsigned) = nullptr;
  int (*driver_version)(int*) = nullptr;
  int (*device_count)(int*) = nullptr;
  int (*device_get)(int*, int) = nullptr;
  int (*device_name)(char*, int, int) = nullptr;
  int (*device_attribute)(int*, int, int) = nullptr;
  int (*device_memory)(std::size_t*, int) = nullptr;  // may be null
};

// Queries the driver and fills the facts that it knows. Stops at the first error and stores it.
void AskCudaDriver(const CudaDriverApi& api, NvidiaFacts& facts);

// The version in the text of /proc/driver/nvidia/version or /sys/module/nvidia/version; empty if there is none.
std::string ParseDriverVersion(std::string_view text);

// Where the facts come from. Tests use other paths.
struct NvidiaSources {
  std::string cuda = "libcuda.so.1";
  std::string management = "libnvidia-ml.so.1";
  std::filesystem::path proc = "/proc/driver/nvidia/version";
  std::filesystem::path module = "/sys/module/nvidia/version";
  std::filesystem::path pci = "/sys/bus/pci/devices";
};

// Reads the facts of this machine. A machine without NVIDIA hardware gives an empty result, not an error. cuInit keeps
// some megabytes until the process ends and can take a second if the driver must be initialised.
NvidiaFacts ReadNvidiaFacts(const NvidiaSources& sources = {});

}  // namespace calotype
