#include "inference/compatibility/driver_error.h"

#include <algorithm>
#include <array>

namespace calotype {
namespace {

// Error numbers: CUresult in NVIDIA's public driver API.
constexpr std::array<DriverError, 11> kErrors = {{
    {2, "the GPU is out of memory", "close other programs that use the GPU (nvidia-smi lists them)"},
    {3, "it was not initialised", "check the output of nvidia-smi"},
    {34, "libcuda.so.1 is the stub of the CUDA toolkit, not the driver's",
     "remove the toolkit's folder 'stubs' from LD_LIBRARY_PATH"},
    {35, "it is older than the CUDA version in use", "install a newer NVIDIA driver"},
    {46, "the GPU is taken by another program, or in exclusive mode",
     "close that program, or set the default mode: nvidia-smi --compute-mode=0"},
    {101, "it does not know the requested GPU", "check CUDA_VISIBLE_DEVICES"},
    {802, "the system is not ready; NVIDIA's fabric manager may not be running yet",
     "start nvidia-fabricmanager, and try again"},
    {803, "the loaded kernel driver and libcuda.so.1 have different versions, for example after an update",
     "restart the machine (or the container, after an update of the host)"},
    {804, "a compatibility package of CUDA is installed that does not support this GPU",
     "remove the package cuda-compat, or install a newer NVIDIA driver"},
    {806, "the connection to NVIDIA's MPS server failed", "start the MPS server again, or stop using it"},
    {999, "it reports an unknown error, for example after the machine slept",
     "reload its module (modprobe -r nvidia_uvm; modprobe nvidia_uvm), or restart the machine"},
}};

}  // namespace

DriverError ExplainDriverError(int code) {
  const auto* const found = std::ranges::find(kErrors, code, &DriverError::code);
  return found != kErrors.end() ? *found
                                : DriverError{.code = code,
                                              .meaning = "it returned an error that this Calotype does not know",
                                              .remedy = "check the output of nvidia-smi and the kernel log"};
}

}  // namespace calotype
