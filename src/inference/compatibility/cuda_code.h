// For which GPUs a library carries code, read from its file: the container that nvcc puts into each (.nv_fatbin).
#pragma once

#include <filesystem>
#include <vector>

#include "base/status.h"

namespace calotype {

// Compute capabilities as NVIDIA numbers architectures: 75 is sm_75, 120 is sm_120.
struct CudaCode {
  std::vector<int> binary;  // machine code: runs on GPUs of the same major number that are no older; ascending
  std::vector<int> ptx;     // intermediate code, which a driver can compile for newer GPUs; ascending

  bool empty() const { return binary.empty() && ptx.empty(); }
};

// Whether machine code for a GPU of architecture `gpu` is there.
bool HasBinaryFor(const CudaCode& code, int gpu);
// Whether there is intermediate code that a driver can compile for it.
bool HasPtxFor(const CudaCode& code, int gpu);

// Empty when the library has no GPU code. kNotFound, kInvalidArgument as for any broken library. Reads some bytes of
// each part: 0.1 s for the 400 MB of a CUDA provider.
StatusOr<CudaCode> ReadCudaCode(const std::filesystem::path& library);

}  // namespace calotype
