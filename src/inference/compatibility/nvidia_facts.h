// What there is of NVIDIA: driver and GPUs, asked of libcuda.so.1, which is opened at run time where it is.
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
  int architecture = 0;  // compute capability as a number: 75 is 7.5, 120 is 12.0
  uint64_t memory_bytes = 0;
};

// "sm_75"
std::string ArchitectureName(int architecture);

struct NvidiaFacts {
  bool library = false;                        // libcuda.so.1 could be opened and is one
  std::string library_error;                   // the loader's words when not
  int error = 0;                               // what cuInit or cuDeviceGetCount answered (CUresult); 0 is success
  int cuda_version = 0;                        // the newest that the driver speaks: 12080 is 12.8; 0: not known
  std::string driver_version;                  // "580.65.06"; empty: not known
  std::vector<NvidiaGpu> gpus;                 // those that CUDA shows to this process
  std::optional<std::string> visible_devices;  // CUDA_VISIBLE_DEVICES, which hides GPUs
  int pci_gpus = 0;                            // that the PCI bus has, driver or not
};

// The calls of libcuda.so.1 that are used. Each answers a CUresult, 0 for success.
struct CudaDriverApi {
  int (*init)(unsigned) = nullptr;
  int (*driver_version)(int*) = nullptr;
  int (*device_count)(int*) = nullptr;
  int (*device_get)(int*, int) = nullptr;
  int (*device_name)(char*, int, int) = nullptr;
  int (*device_attribute)(int*, int, int) = nullptr;
  int (*device_memory)(std::size_t*, int) = nullptr;  // may be absent
};

// Asks the driver; fills what comes from it. An error ends the asking and is kept.
void AskCudaDriver(const CudaDriverApi& api, NvidiaFacts& facts);

// The version in what /proc/driver/nvidia/version or /sys/module/nvidia/version says; empty when there is none.
std::string ParseDriverVersion(std::string_view text);

// Where the facts come from; other places in tests.
struct NvidiaSources {
  std::string cuda = "libcuda.so.1";
  std::string management = "libnvidia-ml.so.1";
  std::filesystem::path proc = "/proc/driver/nvidia/version";
  std::filesystem::path module = "/sys/module/nvidia/version";
  std::filesystem::path pci = "/sys/bus/pci/devices";
};

// Of this machine. Prints nothing; no NVIDIA anywhere is an answer, not an error. cuInit keeps some megabytes for the
// rest of the process and can take a second where the driver must be woken.
NvidiaFacts ReadNvidiaFacts(const NvidiaSources& sources = {});

}  // namespace calotype
