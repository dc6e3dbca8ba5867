#include "inference/engines/onnxruntime_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <vector>

#include "inference/engines/onnxruntime_api.h"
#include "inference/engines/opened_library.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// The oldest C API that has all functions which this program calls.
constexpr int kOldestApi = 17;
constexpr const char* kLibraryName = "libonnxruntime.so.1";

// Resolves `asked`: a file, a folder that contains the library (in wheels its name has the full version), or empty for
// the loader's.
std::string LibraryFile(const fs::path& asked) {
  std::error_code error;
  if (asked.empty()) {
    return kLibraryName;
  }
  if (!fs::is_directory(asked, error)) {
    return asked.string();
  }
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(asked, error)) {
    if (entry.path().filename().string().starts_with("libonnxruntime.so")) {
      found.push_back(entry.path().string());
    }
  }
  return found.empty() ? (asked / kLibraryName).string() : *std::min_element(found.begin(), found.end());
}

// The path is not made canonical: ONNX Runtime looks for its providers beside the name under which it was loaded, too.
fs::path FolderOf(const void* symbol) {
  Dl_info info = {};
  return dladdr(symbol, &info) != 0 && info.dli_fname != nullptr ? fs::path(info.dli_fname).parent_path() : fs::path();
}

StatusOr<OnnxRuntimeLibrary> Open(const fs::path& asked) {
  const std::string file = LibraryFile(asked);
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return absl::NotFoundError(fmt::format(
        "cannot open ONNX Runtime: {} (set inference.onnxruntime to the library or its folder)", dlerror()));
  }
  // Never closed: its worker threads and its logger may outlive every user.
  const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
  if (get_base == nullptr) {
    return absl::InvalidArgumentError(fmt::format("{} is not ONNX Runtime: it has no OrtGetApiBase", file));
  }
  OnnxRuntimeLibrary library{.file = file,
                             .folder = FolderOf(reinterpret_cast<const void*>(get_base)),
                             .version = get_base()->GetVersionString()};
  CALOTYPE_ASSIGN_OR_RETURN(const int offered, OnnxRuntimeApiOf(library.version));
  library.api = std::min(offered, ORT_API_VERSION);
  if (library.api < kOldestApi) {
    return absl::FailedPreconditionError(
        fmt::format("{} is ONNX Runtime {}; Calotype needs 1.{} or later", file, library.version, kOldestApi));
  }
  const OrtApi* const api = get_base()->GetApi(static_cast<uint32_t>(library.api));
  if (api == nullptr) {
    return absl::FailedPreconditionError(
        fmt::format("{} (ONNX Runtime {}) does not offer C API {}", file, library.version, library.api));
  }
  Ort::InitApi(api);
  return library;
}

}  // namespace

StatusOr<int> OnnxRuntimeApiOf(const std::string& version) {
  int minor = 0;
  const char* const end = version.data() + version.size();
  if (!version.starts_with("1.") || std::from_chars(version.data() + 2, end, minor).ec != std::errc()) {
    return absl::InvalidArgumentError(fmt::format("'{}' is not a supported version of ONNX Runtime (1.x)", version));
  }
  return minor;
}

StatusOr<OnnxRuntimeLibrary> OpenOnnxRuntimeLibrary(const fs::path& library) {
  // One per process, because the wrappers' function table is global.
  static auto* const kOpened = new OpenedLibrary<OnnxRuntimeLibrary>;
  CALOTYPE_ASSIGN_OR_RETURN(const OnnxRuntimeLibrary* const opened, kOpened->Get(library, Open));
  return *opened;
}

}  // namespace calotype
