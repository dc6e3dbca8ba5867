// Which ONNX Runtime builds for CUDA work with which versions of CUDA, cuDNN, NVIDIA's driver and GPUs.
#pragma once

#include "inference/compatibility/version.h"

namespace calotype {

// Requirements of a major version of CUDA, the same for every ONNX Runtime built for it. Minor versions are
// interchangeable, major versions are not.
struct CudaRelease {
  int major = 0;
  const char* driver = "";  // the oldest driver that can run it
  int oldest_gpu = 0;       // compute capability (75 is sm_75) of the oldest supported GPU
};

// The ONNX Runtime versions from `from` up to, but not including, `before`, as published for Linux and built for CUDA
// `cuda`.
struct ProviderBuild {
  Version from;
  Version before;
  int cuda = 0;
  int cudnn = 0;
  int oldest_gpu = 0;
  int newest_gpu = 0;
};

// The major versions to look for on the machine: from the oldest known ones to some that do not exist yet.
inline constexpr int kOldestCuda = 11;
inline constexpr int kOldestCudnn = 8;
inline constexpr int kNewestSought = 16;

// The newest versions that this table knows.
inline constexpr int kNewestCuda = 13;
inline constexpr int kNewestGpu = 121;
inline constexpr Version kNewestRuntime = {{1, 31, 0}};

// Returns nullptr for a version that is not in the table.
const CudaRelease* FindCudaRelease(int major);
// `cuda` 0: the default build of that version. Returns nullptr for a build that is not in the table.
const ProviderBuild* FindProviderBuild(const Version& runtime, int cuda);

}  // namespace calotype
