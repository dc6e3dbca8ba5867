// What works with what: ONNX Runtime's CUDA builds, CUDA, NVIDIA's drivers and GPUs, as data.
#pragma once

#include "inference/compatibility/version.h"

namespace calotype {

// Of one CUDA, for every ONNX Runtime that was built for it. Minor versions are interchangeable, major ones are not.
struct CudaRelease {
  int major = 0;
  const char* driver = "";  // the oldest that can run it
  int oldest_gpu = 0;       // compute capability, 75 is sm_75: older ones were dropped
};

// ONNX Runtime `from` to `before` (that one not any more), as published for Linux, built for CUDA `cuda`.
struct ProviderBuild {
  Version from;
  Version before;
  int cuda = 0;
  int cudnn = 0;
  int oldest_gpu = 0;
  int newest_gpu = 0;
};

// Majors that are looked for on the machine: from the oldest known ones to some that are still to come.
inline constexpr int kOldestCuda = 11;
inline constexpr int kOldestCudnn = 8;
inline constexpr int kNewestSought = 16;

// The newest of each that this table knows.
inline constexpr int kNewestCuda = 13;
inline constexpr int kNewestGpu = 121;
inline constexpr Version kNewestRuntime = {{1, 31, 0}};

// nullptr when the table does not know it.
const CudaRelease* FindCudaRelease(int major);
// With `cuda` 0: the build that was the usual one. nullptr when the table does not know it.
const ProviderBuild* FindProviderBuild(const Version& runtime, int cuda);

}  // namespace calotype
