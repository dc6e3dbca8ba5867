// What an ONNX Runtime folder offers for NVIDIA GPUs, read from its files without loading them.
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
  std::filesystem::path folder;        // of the runtime; empty when the loader's was meant and none was found
  std::string runtime_version;         // "1.23.2"; empty: not known
  bool runtime = false;                // libonnxruntime.so* is there
  bool provider = false;               // libonnxruntime_providers_cuda.so is beside it
  std::string provider_error;          // why that cannot be read
  std::vector<NeededLibrary> needed;   // by the provider, in the loader's order; the C++ runtime left out
  int cuda_major = 0;                  // that it was built for; 0: not known
  int cudnn_major = 0;                 // that it needs at once, by NEEDED; 0: it loads cuDNN later, by name
  std::vector<int> cuda_majors_here;   // whose libraries are on this machine where the loader looks; ascending
  std::vector<int> cudnn_majors_here;  // the same
  std::optional<CudaCode> code;        // for which GPUs it has code; nullopt when the file does not tell
};

// The folder that inference.onnxruntime means: `library` is a library, or a folder that holds one; empty is the one
// that the system's loader finds.
std::filesystem::path RuntimeFolder(const std::filesystem::path& library, const LibrarySearch& search);

// "1.23.2" of libonnxruntime.so.1.23.2, through links; empty when the name does not tell.
std::string RuntimeVersionOf(const std::filesystem::path& library);

// Libraries of CUDA in the Python environment that `folder` lies in (nvidia/*/lib beside onnxruntime/capi), and in the
// folder itself: what PreloadCudaLibraries loads before the provider.
std::vector<std::filesystem::path> CudaFoldersBeside(const std::filesystem::path& folder);

// `runtime_version` overrules what the file's name tells; empty leaves it. A folder without a provider is an answer.
ProviderFacts ReadProviderFacts(const std::filesystem::path& folder, std::string_view runtime_version,
                                const LibrarySearch& search);

}  // namespace calotype
