// Finds out what an ONNX Runtime folder offers for NVIDIA GPUs, from its files, without loading them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/compatibility/cuda_code.h"
#include "inference/compatibility/elf_needed.h"

namespace calotype {

struct ProviderFacts {
  std::filesystem::path folder;        // of the runtime; empty if none was configured and the loader finds none
  std::string runtime_version;         // "1.23.2"; empty: unknown
  bool runtime = false;                // libonnxruntime.so* exists
  bool provider = false;               // libonnxruntime_providers_cuda.so exists beside it
  std::string provider_error;          // why the provider cannot be read
  std::vector<NeededLibrary> needed;   // needed by the provider, in the loader's order, without the C++ runtime
  int cuda_major = 0;                  // version that it was built for; 0: unknown
  int cudnn_major = 0;                 // version that it is linked with (NEEDED); 0: it opens cuDNN later, by name
  std::vector<int> cuda_majors_here;   // versions that the loader finds on this machine; ascending
  std::vector<int> cudnn_majors_here;  // the same for cuDNN
  std::optional<CudaCode> code;        // for which GPUs it has code; nullopt: unknown
};

// The folder of the runtime that `library` (the setting inference.onnxruntime) means: a library, or a folder that
// contains one; empty: the one that the system's loader finds.
std::filesystem::path RuntimeFolder(const std::filesystem::path& library, const LibrarySearch& search);

// The version in a file name, links resolved: "1.23.2" for libonnxruntime.so.1.23.2. Empty if the name has none.
std::string RuntimeVersionOf(const std::filesystem::path& library);

// Folders with CUDA's libraries: those of the Python environment that contains `folder` (nvidia/*/lib beside
// onnxruntime/capi), and `folder` itself. PreloadCudaLibraries() loads from them.
std::vector<std::filesystem::path> CudaFoldersBeside(const std::filesystem::path& folder);

// Reads the facts. `runtime_version`, if not empty, replaces the version in the file name. A folder without a provider
// is a valid result.
ProviderFacts ReadProviderFacts(const std::filesystem::path& folder, std::string_view runtime_version,
                                const LibrarySearch& search);

}  // namespace calotype
