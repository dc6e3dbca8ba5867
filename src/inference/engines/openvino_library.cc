#include "inference/engines/openvino_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <vector>

#include "inference/device_error.h"
#include "inference/engines/opened_library.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibraryName = "libopenvino_c.so";

// The newest library in the folder `asked`. If there is none, its plain name, so that the error message names it.
std::string NewestIn(const fs::path& asked) {
  std::error_code error;
  std::string newest;
  for (const fs::directory_entry& entry : fs::directory_iterator(asked, error)) {
    if (entry.path().filename().string().starts_with(kLibraryName)) {
      newest = std::max(newest, entry.path().string());
    }
  }
  return newest.empty() ? (asked / kLibraryName).string() : newest;
}

// Only development packages install the plain name. The name of an installed library contains its release: 2026.4.1 is
// libopenvino_c.so.2641.
void* OpenFromSystem() {
  void* handle = dlopen(kLibraryName, RTLD_NOW | RTLD_LOCAL);
  for (int release = 2999; handle == nullptr && release >= 2300; --release) {
    handle = dlopen(fmt::format("{}.{}", kLibraryName, release).c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  return handle;
}

// Fills `api`. Returns the name of the first missing function, if any.
std::optional<std::string> Resolve(void* handle, OpenVinoApi& api) {
#define CALOTYPE_OPENVINO_RESOLVE(name)                                  \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(handle, #name)); \
  if (api.name == nullptr) {                                             \
    return #name;                                                        \
  }
  CALOTYPE_OPENVINO_FUNCTIONS(CALOTYPE_OPENVINO_RESOLVE)
#undef CALOTYPE_OPENVINO_RESOLVE
  return std::nullopt;
}

std::string VersionOf(void* handle) {
  const auto get = reinterpret_cast<decltype(&ov_get_openvino_version)>(dlsym(handle, "ov_get_openvino_version"));
  const auto release = reinterpret_cast<decltype(&ov_version_free)>(dlsym(handle, "ov_version_free"));
  ov_version_t version = {};
  if (get == nullptr || release == nullptr || get(&version) != 0) {
    return "of an unknown version";
  }
  std::string text = ShortOpenVinoVersion(version.buildNumber);
  release(&version);
  return text;
}

// The number of bytes of eight elements of type number `type`; 0 if there is no such type.
std::size_t BytesOfEight(const OpenVinoApi& api, int type) {
  int64_t eight = 8;
  ov_tensor_t* tensor = nullptr;
  std::size_t bytes = 0;
  if (api.ov_tensor_create(static_cast<ov_element_type_e>(type), {.rank = 1, .dims = &eight}, &tensor) == 0) {
    api.ov_tensor_get_byte_size(tensor, &bytes);
    api.ov_tensor_free(tensor);
  }
  return bytes;
}

// All releases number the types in the order boolean bf16 f16 f32 f64 i4 i8 i16 i32 i64 u1, but with a different first
// number, and with a different number of types narrower than a byte before u8. The sizes of types reveal both.
StatusOr<std::array<ov_element_type_e, 4>> FindElementTypes(const OpenVinoLibrary& library) {
  const auto bytes = [&](int type) { return BytesOfEight(library.api, type); };
  const int boolean = bytes(1) == 8 ? 1 : 2;
  const int f32 = boolean + 3;
  const int i32 = boolean + 8;
  const int i64 = boolean + 9;
  int u8 = boolean + 11;
  while (u8 < boolean + 20 && bytes(u8) != 8) {
    ++u8;
  }
  if (bytes(boolean) != 8 || bytes(f32) != 32 || bytes(i32) != 32 || bytes(i64) != 64 || bytes(u8) != 8) {
    return absl::FailedPreconditionError(
        fmt::format("{} (OpenVINO {}) uses unknown numbers for element types", library.file.string(), library.version));
  }
  std::array<ov_element_type_e, 4> types{};
  types[static_cast<std::size_t>(ElementType::kFloat32)] = static_cast<ov_element_type_e>(f32);
  types[static_cast<std::size_t>(ElementType::kUint8)] = static_cast<ov_element_type_e>(u8);
  types[static_cast<std::size_t>(ElementType::kInt32)] = static_cast<ov_element_type_e>(i32);
  types[static_cast<std::size_t>(ElementType::kInt64)] = static_cast<ov_element_type_e>(i64);
  return types;
}

StatusOr<OpenVinoLibrary> Open(const fs::path& asked) {
  std::error_code error;
  const std::string file = fs::is_directory(asked, error) ? NewestIn(asked) : asked.string();
  // Its threading library prints an error if /sys is not mounted, although it works without.
  setenv("HWLOC_HIDE_ERRORS", "2", /*overwrite=*/0);
  // Never closed: its threads outlive every user.
  void* const handle = file.empty() ? OpenFromSystem() : dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return absl::NotFoundError(
        fmt::format("cannot open OpenVINO: {} (set inference.openvino to the library or its folder)", dlerror()));
  }
  OpenVinoLibrary library{.file = file.empty() ? kLibraryName : file, .version = VersionOf(handle)};
  if (const auto missing = Resolve(handle, library.api); missing.has_value()) {
    return absl::FailedPreconditionError(
        fmt::format("{} is OpenVINO {}, which has no {}; Calotype needs 2023.0 or later", library.file.string(),
                    library.version, *missing));
  }
  CALOTYPE_ASSIGN_OR_RETURN(library.element_types, FindElementTypes(library));
  CALOTYPE_RETURN_IF_ERROR(library.Error(library.api.ov_core_create(&library.core), "cannot start OpenVINO"));
  return library;
}

}  // namespace

Status OpenVinoLibrary::Error(ov_status_e status, std::string_view what) const {
  if (status == 0) {
    return absl::OkStatus();
  }
  const char* const last = api.ov_get_last_err_msg();
  const std::string message =
      fmt::format("{}: {}", what, last == nullptr ? api.ov_get_error_info(status) : TidyOpenVinoMessage(last));
  api.ov_free(last);
  return IsOutOfMemory(message) ? absl::ResourceExhaustedError(message) : absl::InternalError(message);
}

StatusOr<const OpenVinoLibrary*> OpenOpenVinoLibrary(const fs::path& library) {
  static auto* const kOpened = new OpenedLibrary<OpenVinoLibrary>;
  return kOpened->Get(library, Open);
}

std::string ShortOpenVinoVersion(std::string_view build) { return std::string(build.substr(0, build.find('-'))); }

std::string TidyOpenVinoMessage(std::string_view message) {
  std::string tidy;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    const std::string_view line = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    if (!line.empty() && !line.starts_with("Exception from ")) {
      tidy += fmt::format("{}{}", tidy.empty() ? "" : "; ", line);
    }
  }
  return tidy;
}

}  // namespace calotype
