#include "inference/device_error.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace calotype {
namespace {

// In lower case. Error codes are listed with their full names, because "alloc" alone is part of every allocator's name.
constexpr std::array<std::string_view, 13> kWords = {
    "out of memory",                    // CUDA error 2
    "out_of_memory",                    // CUDA_ERROR_OUT_OF_MEMORY
    "out_of_host_memory",               // CL_..., ZE_RESULT_ERROR_...
    "out_of_device_memory",             // ZE_RESULT_ERROR_...
    "cl_out_of_resources",              // OpenCL; nearly always GPU memory
    "status_alloc_failed",              // CUBLAS_..., CUDNN_..., CUSPARSE_...
    "mem_object_allocation_failure",    // CL_...
    "failed to allocate",               // ONNX Runtime's arena, OpenVINO's GPU memory
    "is smaller than requested bytes",  // ONNX Runtime's arena with a limit
    "exceeded max size of memory",      // OpenVINO's GPU
    "bad_alloc",                        // the C++ library
    "bad allocation",                   // the C++ library, another wording
    "cannot allocate memory",           // ENOMEM
};

}  // namespace

bool IsOutOfMemory(std::string_view text) {
  const std::string lower = ToLowerAscii(text);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view words) { return lower.find(words) != std::string::npos; });
}

}  // namespace calotype
