#include "inference/compatibility/device_error_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace calotype {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Kind = DeviceErrorKind;

struct Case {
  const char* text;  // a runtime's message
  Kind kind;
  bool may_pass;
  std::vector<const char*> words;  // must be in the meaning
  const char* remedy;
};

const std::vector<Case>& Cases() {
  static const auto* const kCases = new std::vector<Case>{
      {"/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1778 onnxruntime::Provider& "
       "onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library "
       "/opt/ort/libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file: No "
       "such file or directory",
       Kind::kMissingLibrary,
       false,
       {"libcublasLt.so.12 of CUDA 12 is missing"},
       "runtime-cuda"},
      {"Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared "
       "object file: No such file or directory",
       Kind::kMissingLibrary,
       false,
       {"libcublasLt.so.13 of CUDA 13"},
       "an ONNX Runtime built for the installed CUDA"},
      {"Failed to load library libonnxruntime_providers_cuda.so with error: libcuda.so.1: cannot open shared object "
       "file: No such file or directory",
       Kind::kNoDriver,
       false,
       {"no NVIDIA driver"},
       "--gpus all"},
      {"Failed to load library libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object "
       "file: No such file or directory",
       Kind::kMissingLibrary,
       false,
       {"libcudnn.so.9 of cuDNN 9"},
       "cuDNN of that major"},
      {"Could not load library libcudnn_ops_infer.so.8. Error: libcudnn_ops_infer.so.8: cannot open shared object file",
       Kind::kMissingLibrary,
       false,
       {"libcudnn_ops_infer.so.8 of cuDNN 8"},
       "cuDNN"},
      {"Unable to load any of {libcudnn_graph.so.9.1.0, libcudnn_graph.so.9.1, libcudnn_graph.so.9}",
       Kind::kMissingLibrary,
       false,
       {"cuDNN"},
       "cuDNN"},
      {"Failed to load shared library",
       Kind::kMissingLibrary,
       false,
       {"the runtime's log names it"},
       "calotype doctor"},
      {"CUDA execution provider is not enabled in this build. ",
       Kind::kNoProvider,
       false,
       {"without that provider"},
       "inference.onnxruntime"},
      {"CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0 ; hostname=a ; "
       "expr=cudaSetDevice(info_.device_id);",
       Kind::kDriverTooOld,
       false,
       {"older than the CUDA libraries need"},
       "newer driver"},
      {"CUDA failure 803: system has unsupported display driver / cuda driver combination ; GPU=0",
       Kind::kDriverMismatch,
       false,
       {"different versions"},
       "restart"},
      {"Non-zero status code returned while running Mul node. Name:'Mul_4' Status Message: CUDA error "
       "cudaErrorNoKernelImageForDevice:no kernel image is available for execution on the device",
       Kind::kNoKernel,
       false,
       {"no code for this GPU's architecture", "209"},
       "1.27 or later for RTX 50"},
      {"CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=a ; file=cuda_execution_provider.cc",
       Kind::kNoDevice,
       false,
       {"hidden or gone"},
       "CUDA_VISIBLE_DEVICES"},
      {"CUDA failure 2: out of memory ; GPU=0 ; hostname=a ; expr=cudaMalloc((void**)&p, size);",
       Kind::kOutOfMemory,
       true,
       {"out of memory"},
       "smaller batches"},
      {"/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 Failed to allocate memory for requested buffer of "
       "size 536870912",
       Kind::kOutOfMemory,
       true,
       {"out of memory"},
       "smaller batches"},
      {"CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=a ; expr=cublasCreate(&cublas_handle_);",
       Kind::kOutOfMemory,
       true,
       {"out of memory"},
       "smaller batches"},
      {"CUDA failure 46: all CUDA-capable devices are busy or unavailable",
       Kind::kBusy,
       true,
       {"another program"},
       "nvidia-smi"},
      {"CUDNN failure 1: CUDNN_STATUS_NOT_INITIALIZED ; GPU=0 ; hostname=a ; expr=cudnnCreate(&cudnn_handle_);",
       Kind::kCudnn,
       true,
       {"cuDNN failed", "a cuDNN version that the provider was not built for"},
       "calotype doctor"},
      {"CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0", Kind::kCudnn, true, {"cuDNN failed"}, "GPU"},
      {"CUDNN failure 1003: CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH",
       Kind::kCudnn,
       false,
       {"different versions"},
       "one complete cuDNN"},
      {"CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0",
       Kind::kCublas,
       true,
       {"cuBLAS failed"},
       "another device"},
      {"CUBLAS failure 8: CUBLAS_STATUS_ARCH_MISMATCH",
       Kind::kCublas,
       false,
       {"does not support this operation"},
       "newer CUDA"},
      {"CUDA failure 700: an illegal memory access was encountered ; GPU=0",
       Kind::kGpuFault,
       false,
       {"failed during the work"},
       "Xid"},
      {"output 0 is not finite", Kind::kWrongAnswer, false, {"not numbers"}, "another device"},
      {"the plug-in provider openvino offers no device",
       Kind::kNoHardware,
       false,
       {"finds no hardware"},
       "OpenVINO itself runs on AMD"},
      {"cudnn_conv_algo_search is EXHAUSTIVE", Kind::kSlow, false, {"each new shape"}, "fixed shapes"},
      {"[GPU] clEnqueueNDRangeKernel, error code: -5 CL_OUT_OF_RESOURCES",
       Kind::kOutOfMemory,
       true,
       {"out of memory"},
       "smaller batches"},
      {"std::bad_alloc", Kind::kOutOfMemory, true, {"memory is exhausted"}, "smaller batches"},
      {"something that nobody saw before\nand a second line",
       Kind::kOther,
       false,
       {"unknown error: something that nobody saw before"},
       "calotype doctor"},
  };
  return *kCases;
}

TEST(DeviceErrorTableTest, ExplainsKnownMessages) {
  std::set<Kind> seen;
  for (const Case& test : Cases()) {
    SCOPED_TRACE(test.text);
    const DeviceErrorMeaning meaning = ExplainDeviceError(test.text);
    EXPECT_EQ(meaning.kind, test.kind) << meaning.meaning;
    EXPECT_EQ(meaning.may_pass, test.may_pass);
    for (const char* const word : test.words) {
      EXPECT_THAT(meaning.meaning, HasSubstr(word));
    }
    EXPECT_THAT(meaning.meaning, Not(HasSubstr("{")));
    EXPECT_THAT(meaning.remedy, HasSubstr(test.remedy));
    seen.insert(meaning.kind);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(Kind::kSlow) + 1) << "every kind has a text here";
}

TEST(DeviceErrorTableTest, ExplainsAnyText) {
  EXPECT_EQ(ExplainDeviceError("").kind, Kind::kOther);
  EXPECT_THAT(ExplainDeviceError("").remedy, Not(IsEmpty()));
  const std::string lengthy(100'000, 'x');
  EXPECT_LT(ExplainDeviceError(lengthy).meaning.size(), 400U);
  EXPECT_EQ(ExplainDeviceError(": cannot open shared object file").meaning.substr(0, 9), "a library");
}

}  // namespace
}  // namespace calotype
