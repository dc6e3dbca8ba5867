// Reads from a library's file for which GPUs it contains code (in section .nv_fatbin, where nvcc puts it). Compute
// capabilities are architecture numbers: 75 is sm_75, 120 is sm_120.
#pragma once

#include <filesystem>
#include <vector>

#include "base/status.h"

namespace calotype {

// Compute capabilities as NVIDIA numbers architectures: 75 is sm_75, 120 is sm_120.
struct CudaCode {
  std::vector<int> binary;  // ascending; machine code, which runs on GPUs of the same major version that are not older
  std::vector<int> ptx;     // ascending; intermediate code, which the driver can compile for newer GPUs

  bool empty() const { return binary.empty() && ptx.empty(); }
};

// True if there is machine code for a GPU of architecture `gpu`.
bool HasBinaryFor(const CudaCode& code, int gpu);
// True if there is intermediate code that the driver can compile for it.
bool HasPtxFor(const CudaCode& code, int gpu);

// The result is empty if the library has no GPU code. kNotFound; kInvalidArgument for a file that is broken or not a
// library. Reads only some bytes of each part: takes 0.1 s for the 400 MB of a CUDA provider.
StatusOr<CudaCode> ReadCudaCode(const std::filesystem::path& library);

}  // namespace calotype
