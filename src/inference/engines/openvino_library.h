// Opens OpenVINO's C interface at run time, so that one program works with every version from 2023.0 on and without
// OpenVINO. For openvino_*.cc files only.
#pragma once

#include <openvino/c/openvino.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "inference/tensor.h"

// The functions that this program calls; all exist since OpenVINO 2023.0. A macro guarantees that type, member and
// symbol of a function match.
#define CALOTYPE_OPENVINO_FUNCTIONS(X)      \
  X(ov_available_devices_free)              \
  X(ov_compiled_model_create_infer_request) \
  X(ov_compiled_model_free)                 \
  X(ov_compiled_model_get_property)         \
  X(ov_compiled_model_input_by_name)        \
  X(ov_compiled_model_output_by_name)       \
  X(ov_core_compile_model_from_file)        \
  X(ov_core_create)                         \
  X(ov_core_get_available_devices)          \
  X(ov_core_get_property)                   \
  X(ov_core_read_model)                     \
  X(ov_free)                                \
  X(ov_get_error_info)                      \
  X(ov_get_last_err_msg)                    \
  X(ov_get_openvino_version)                \
  X(ov_infer_request_free)                  \
  X(ov_infer_request_get_tensor)            \
  X(ov_infer_request_infer)                 \
  X(ov_infer_request_set_tensor)            \
  X(ov_model_free)                          \
  X(ov_output_const_port_free)              \
  X(ov_partial_shape_free)                  \
  X(ov_port_get_partial_shape)              \
  X(ov_shape_free)                          \
  X(ov_tensor_create)                       \
  X(ov_tensor_create_from_host_ptr)         \
  X(ov_tensor_data)                         \
  X(ov_tensor_free)                         \
  X(ov_tensor_get_byte_size)                \
  X(ov_tensor_get_element_type)             \
  X(ov_tensor_get_shape)                    \
  X(ov_tensor_get_size)                     \
  X(ov_version_free)

namespace calotype {

struct OpenVinoApi {
#define CALOTYPE_OPENVINO_MEMBER(name) decltype(&::name) name = nullptr;
  CALOTYPE_OPENVINO_FUNCTIONS(CALOTYPE_OPENVINO_MEMBER)
#undef CALOTYPE_OPENVINO_MEMBER
};

struct OpenVinoLibrary {
  std::filesystem::path file;  // as opened
  std::string version;         // "2026.4.1"
  OpenVinoApi api;
  ov_core_t* core = nullptr;  // one for all sessions; thread-safe
  // The library's number for each ElementType. OpenVINO renumbered its types between releases, so the numbers in our
  // headers may mean other types.
  std::array<ov_element_type_e, 4> element_types{};

  ov_element_type_e ToOpenVino(ElementType type) const { return element_types[static_cast<std::size_t>(type)]; }
  // Converts `status` and OpenVINO's last message to a Status that begins with `what`. The message may belong to
  // another thread, because the C interface keeps only one for all.
  Status Error(ov_status_e status, std::string_view what) const;
};

// Opens `library` (see OpenOpenVino() in engine.h). Thread-safe. The library stays open until the process ends.
StatusOr<const OpenVinoLibrary*> OpenOpenVinoLibrary(const std::filesystem::path& library);

// "2026.4.1-22982-e213a147257-releases/2026/4" -> "2026.4.1"
std::string ShortOpenVinoVersion(std::string_view build);

// OpenVINO's message without the lines that only name the place in its source code.
std::string TidyOpenVinoMessage(std::string_view message);

// Owns an OpenVINO object and frees it with the matching function.
template <typename T>
using OpenVinoPtr = std::unique_ptr<T, void (*)(T*)>;

}  // namespace calotype
