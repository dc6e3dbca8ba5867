#include "inference/compatibility/preload.h"

#include <dlfcn.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>

#include "inference/compatibility/cuda_libraries.h"
#include "inference/compatibility/elf_needed.h"
#include "inference/compatibility/provider_facts.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// libcudnn.so opens cuDNN's other parts itself, from its own folder, when it needs them.
bool IsOfCuda(const std::string& name) {
  return name.find(".so.") != std::string::npos && (IsCudaLibrary(name) || name.starts_with("libcudnn.so."));
}

// Sorted, so that every start loads the same libraries in the same order.
std::vector<fs::path> LibrariesIn(const fs::path& folder) {
  std::vector<fs::path> libraries;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (IsOfCuda(entry.path().filename().string())) {
      libraries.push_back(entry.path());
    }
  }
  std::ranges::sort(libraries);
  return libraries;
}

class Loader {
 public:
  explicit Loader(std::vector<fs::path> libraries) : libraries_(std::move(libraries)) {}

  Preloaded Load() {
    for (const fs::path& library : libraries_) {
      LoadWithNeeds(library);
    }
    return std::move(result_);
  }

 private:
  void LoadWithNeeds(const fs::path& library) {
    if (!begun_.insert(library).second) {
      return;
    }
    if (const StatusOr<ElfNeeds> needs = ReadElfNeeds(library); needs.ok()) {
      for (const std::string& soname : needs->needed) {
        const auto found =
            std::ranges::find_if(libraries_, [&soname](const fs::path& path) { return path.filename() == soname; });
        if (found != libraries_.end()) {
          LoadWithNeeds(*found);
        }
      }
    }
    // RTLD_GLOBAL: cuDNN's parts use symbols of libcudnn.so from the process.
    if (dlopen(library.c_str(), RTLD_LAZY | RTLD_GLOBAL) != nullptr) {
      result_.loaded.push_back(library);
    } else {
      const char* const error = dlerror();
      result_.failed.emplace_back(error == nullptr ? library.string() : error);
    }
  }

  const std::vector<fs::path> libraries_;
  std::set<fs::path> begun_;
  Preloaded result_;
};

}  // namespace

Preloaded PreloadCudaLibraries(const fs::path& folder) {
  std::vector<fs::path> libraries;
  for (const fs::path& place : CudaFoldersBeside(folder)) {
    const std::vector<fs::path> there = LibrariesIn(place);
    libraries.insert(libraries.end(), there.begin(), there.end());
  }
  return Loader(std::move(libraries)).Load();
}

}  // namespace calotype
