#include "inference/device_error.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

struct Case {
  const char* text;
  bool out_of_memory;
};

constexpr Case kCases[] = {
    {"CUDA failure 2: out of memory ; GPU=0 ; hostname=a ; file=cuda_allocator.cc ; line=47 ; expr=cudaMalloc(&p, "
     "size);",
     true},
    {"CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cublasCreate(&cublas_handle_);", true},
    {"CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0", true},
    {"CUDA_ERROR_OUT_OF_MEMORY", true},
    {"Failed to allocate memory for requested buffer of size 4294967296", true},
    {"BFCArena::AllocateRawInternal Available memory of 0 is smaller than requested bytes of 1048576", true},
    {"std::bad_alloc", true},
    {"bad allocation", true},
    {"[GPU] clFinish, error code: -5 CL_OUT_OF_RESOURCES", true},
    {"clEnqueueNDRangeKernel, error code: -4 CL_MEM_OBJECT_ALLOCATION_FAILURE", true},
    {"[GPU] CL_OUT_OF_HOST_MEMORY", true},
    {"[GPU] Exceeded max size of memory object allocation: requested 9000000000 bytes", true},
    {"ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY", true},
    {"Exception from ov_core_compile_model: Failed to allocate 1073741824 bytes", true},
    {"mmap: Cannot allocate memory", true},
    {"", false},
    {"CUDA failure 209: no kernel image is available for execution on the device ; file=cuda_allocator.cc ; "
     "expr=cudaMalloc((void**)&p, size);",
     false},
    {"CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version", false},
    {"CUDA failure 100: no CUDA-capable device is detected", false},
    {"CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED", false},
    {"Failed to load library libonnxruntime_providers_cuda.so: libcublasLt.so.13: cannot open shared object file",
     false},
    {"Invalid rank for input: x Got: 3 Expected: 4; allocator=BFC_ALLOCATOR", false},
};

TEST(DeviceErrorTest, DistinguishesOutOfMemoryFromOtherErrors) {
  for (const Case& one : kCases) {
    EXPECT_EQ(IsOutOfMemory(one.text), one.out_of_memory) << one.text;
  }
}

}  // namespace
}  // namespace calotype
