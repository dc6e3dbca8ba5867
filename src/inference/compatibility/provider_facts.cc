#include "inference/compatibility/provider_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/status.h"
#include "inference/compatibility/compatibility_table.h"
#include "inference/compatibility/cuda_libraries.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRuntimePrefix = "libonnxruntime.so";
constexpr std::string_view kRuntimeName = "libonnxruntime.so.1";
constexpr std::string_view kCudaProvider = "libonnxruntime_providers_cuda.so";

fs::path RuntimeIn(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with(kRuntimePrefix)) {
      found.push_back(entry.path());
    }
  }
  return found.empty() ? fs::path() : *std::ranges::max_element(found);
}

int CudaMajorOfAll(const std::vector<NeededLibrary>& needed, std::string_view provider) {
  for (const NeededLibrary& library : needed) {
    if (const int major = CudaMajorOf(library.soname); major != 0 && library.needed_by == provider) {
      return major;
    }
  }
  return 0;
}

int CudnnMajorOfAll(const std::vector<NeededLibrary>& needed, std::string_view provider) {
  for (const NeededLibrary& library : needed) {
    if (const int major = CudnnMajorOf(library.soname); major != 0 && library.needed_by == provider) {
      return major;
    }
  }
  return 0;
}

// The major versions of a library that the loader would find.
std::vector<int> MajorsHere(std::string_view stem, int first, int last, const LibrarySearch& search) {
  std::vector<int> majors;
  for (int major = first; major <= last; ++major) {
    if (!FindLibrary(fmt::format("{}.so.{}", stem, major), search).empty()) {
      majors.push_back(major);
    }
  }
  return majors;
}

}  // namespace

fs::path RuntimeFolder(const fs::path& library, const LibrarySearch& search) {
  std::error_code error;
  if (library.empty()) {
    const fs::path found = FindLibrary(kRuntimeName, search);
    // The provider is beside the file itself, not beside a link to it.
    return found.empty() ? found : fs::weakly_canonical(found, error).parent_path();
  }
  const bool is_file = fs::is_regular_file(library, error) || library.filename().string().starts_with(kRuntimePrefix);
  return is_file ? library.parent_path() : library;
}

std::string RuntimeVersionOf(const fs::path& library) {
  std::error_code error;
  const std::string name = fs::weakly_canonical(library, error).filename().string();
  constexpr std::size_t kDot = 1;
  if (!name.starts_with(kRuntimePrefix) || name.size() <= kRuntimePrefix.size() + kDot) {
    return "";
  }
  const std::string version = name.substr(kRuntimePrefix.size() + kDot);
  return ParseVersion(version).has_value() ? version : "";
}

std::vector<fs::path> CudaFoldersBeside(const fs::path& folder) {
  std::vector<fs::path> folders = {folder};
  std::error_code error;
  const fs::path real = fs::weakly_canonical(folder, error);
  // .../site-packages/onnxruntime/capi
  for (const fs::directory_entry& part : fs::directory_iterator(real.parent_path().parent_path() / "nvidia", error)) {
    if (fs::is_directory(part.path() / "lib", error)) {
      folders.push_back(part.path() / "lib");
    }
  }
  std::sort(folders.begin() + 1, folders.end());
  return folders;
}

ProviderFacts ReadProviderFacts(const fs::path& folder, std::string_view runtime_version, const LibrarySearch& search) {
  ProviderFacts facts{.folder = folder};
  const fs::path runtime = folder.empty() ? folder : RuntimeIn(folder);
  facts.runtime = !runtime.empty();
  facts.runtime_version = runtime_version.empty() ? RuntimeVersionOf(runtime) : std::string(runtime_version);
  const fs::path provider = folder / kCudaProvider;
  std::error_code error;
  facts.provider = !folder.empty() && fs::exists(provider, error);
  facts.cuda_majors_here = MajorsHere("libcublasLt", kOldestCuda, kNewestSought, search);
  facts.cudnn_majors_here = MajorsHere("libcudnn", kOldestCudnn, kNewestSought, search);
  if (!facts.provider) {
    return facts;
  }
  StatusOr<std::vector<NeededLibrary>> needed = ResolveNeeded(provider, search);
  if (!needed.ok()) {
    facts.provider_error = Message(needed.status());
    return facts;
  }
  facts.needed = *std::move(needed);
  facts.cuda_major = CudaMajorOfAll(facts.needed, kCudaProvider);
  facts.cudnn_major = CudnnMajorOfAll(facts.needed, kCudaProvider);
  if (const StatusOr<CudaCode> code = ReadCudaCode(provider); code.ok() && !code->empty()) {
    facts.code = *code;
  }
  return facts;
}

}  // namespace calotype
