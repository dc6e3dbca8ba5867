#include "inference/compatibility/device_error_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "inference/compatibility/cuda_libraries.h"

namespace calotype {
namespace {

using Kind = DeviceErrorKind;

constexpr std::size_t kMostPatterns = 5;
constexpr std::size_t kQuoted = 200;  // the number of characters quoted from an unknown message

struct Row {
  Kind kind = Kind::kOther;
  bool may_pass = false;
  // The row applies if the message contains one of these strings. They are in lower case, because case differs between
  // libraries. In "a|b", both a and b must occur.
  std::array<std::string_view, kMostPatterns> patterns;
  std::string_view meaning;  // {library}: the soname in the message; {origin}: what it belongs to
  std::string_view remedy;
};

// The first matching row is used, so specific rows precede general ones.
constexpr std::array<Row, 20> kRows = {{
    {Kind::kNoDriver,
     false,
     {"libcuda.so.1: cannot open shared object file"},
     "there is no NVIDIA driver: libcuda.so.1 cannot be opened",
     "install NVIDIA's driver (in a container: run it with --gpus all)"},
    {Kind::kMissingLibrary,
     false,
     {"libcudnn|cannot open shared object file", "libcudnn|could not load library", "unable to load any of {libcudnn"},
     "{library}{origin} is missing, or a different major version of cuDNN is installed",
     "install cuDNN of that major version, or: calotype models pull runtime-cuda"},
    {Kind::kMissingLibrary,
     false,
     {"cannot open shared object file"},
     "{library}{origin} is missing, or is installed only for another version of CUDA",
     "install it, or use an ONNX Runtime built for the installed CUDA: calotype models pull runtime-cuda"},
    {Kind::kMissingLibrary,
     false,
     {"failed to load shared library", "failed to load library"},
     "a library that the provider needs cannot be loaded; the runtime's log names it",
     "calotype doctor names the missing library and what to install"},
    {Kind::kNoProvider,
     false,
     {"execution provider is not enabled in this build", "is not supported in this build", "cuda_ep_api not found",
      "unknown provider name"},
     "this ONNX Runtime was built without that provider",
     "calotype models pull runtime-cuda fetches one for CUDA; inference.onnxruntime names its folder"},
    {Kind::kDriverTooOld,
     false,
     {"driver version is insufficient", "cudaerrorinsufficientdriver", "cuda failure 35:"},
     "NVIDIA's driver is older than the CUDA libraries need (CUDA error 35)",
     "install a newer driver, or use an ONNX Runtime that is built for an older CUDA"},
    {Kind::kDriverMismatch,
     false,
     {"driver/library version mismatch", "system has unsupported display driver", "cudaerrorsystemdrivermismatch",
      "cuda failure 803:"},
     "the loaded kernel driver and the driver's libraries are of different versions (CUDA error 803)",
     "restart the machine (or the container, after an update of the host)"},
    {Kind::kNoKernel,
     false,
     {"cudaerrornokernelimagefordevice", "no kernel image is available",
      "cuda failure 209:", "the provided ptx was compiled with an unsupported toolchain"},
     "this build has no code for this GPU's architecture (CUDA error 209)",
     "use a build for it: ONNX Runtime 1.27 or later for RTX 50, 1.19 to 1.26 for Pascal and Volta; else the CPU"},
    {Kind::kNoDevice,
     false,
     {"no cuda-capable device", "cudaerrornodevice", "cuda failure 100:", "cudaerrorinvaliddevice",
      "invalid device ordinal"},
     "the driver is there, but the GPU is hidden or gone (CUDA error 100)",
     "check CUDA_VISIBLE_DEVICES and nvidia-smi (in a container: run it with --gpus all)"},
    {Kind::kOutOfMemory,
     true,
     {"out of memory", "cudaerrormemoryallocation", "failed to allocate memory for requested", "alloc_failed",
      "cl_out_of_resources"},
     "the GPU is out of memory",
     "use smaller batches, fewer models at once, or another device (calotype tries this one again later)"},
    {Kind::kOutOfMemory,
     true,
     {"bad_alloc", "cannot allocate memory", "cl_mem_object_allocation_failure"},
     "memory is exhausted",
     "use smaller batches, fewer models at once, or another device (calotype tries this one again later)"},
    {Kind::kBusy,
     true,
     {"devices unavailable", "cudaerrordevicesunavailable", "cudaerrordeviceunavailable", "cudaerrorsystemnotready",
      "cuda failure 46:"},
     "the GPU is taken by another program, in exclusive mode, or not ready yet",
     "close that program (nvidia-smi lists it); calotype tries again later"},
    {Kind::kCudnn,
     true,
     {"cudnn_status_not_initialized", "cudnn_status_execution_failed", "cudnn_status_internal_error",
      "cudnn_status_alloc"},
     "cuDNN failed; usual causes are a cuDNN version that the provider was not built for, or exhausted memory",
     "compare the installed cuDNN with the version that calotype doctor names; close other programs that use the GPU"},
    {Kind::kCudnn,
     false,
     {"cudnn_status_version_mismatch", "cudnn_status_sublibrary_version_mismatch", "cudnn_status_not_supported",
      "cudnn_status_arch_mismatch", "cudnn failure"},
     "cuDNN does not support this operation; its parts may have different versions or be too old for the GPU",
     "install one complete cuDNN of the major version that calotype doctor names"},
    {Kind::kCublas,
     true,
     {"cublas_status_not_initialized", "cublas_status_execution_failed", "cublas_status_internal_error"},
     "cuBLAS failed; usual causes are exhausted memory or a GPU in a broken state",
     "close other programs that use the GPU; if it happens again, use another device"},
    {Kind::kCublas,
     false,
     {"cublas_status_arch_mismatch", "cublas_status_not_supported", "cublas failure"},
     "cuBLAS does not support this operation on this GPU",
     "install a newer CUDA of the same major version, or use another device"},
    {Kind::kGpuFault,
     false,
     {"illegal memory access", "unspecified launch failure", "uncorrectable ecc", "cudaerrorlaunchfailure",
      "cudaerrorillegaladdress"},
     "the GPU failed during the work, and this process can no longer use it",
     "start the program again; if it happens again, check the kernel log for Xid, the temperature and the power "
     "supply"},
    {Kind::kWrongAnswer,
     false,
     {"not finite", "is nan", "returned nan", "are nan"},
     "the device returns values that are not numbers (NaN): a fault of the provider",
     "use another device; a newer driver or runtime may fix it"},
    {Kind::kNoHardware,
     false,
     {"offers no device", "no supported devices", "no ep devices", "no compatible device"},
     "the plug-in finds no hardware that it supports (OpenVINO's supports Intel's only)",
     "use the library without the plug-in (OpenVINO itself runs on AMD's CPUs too), or another device"},
    {Kind::kSlow,
     false,
     {"cudnn_conv_algo_search|exhaustive"},
     "it is slow on the GPU because cuDNN searches for the best algorithm at each new shape",
     "use fixed shapes, or another cudnn_conv_algo_search; calotype measures the devices and chooses"},
}};

bool Contains(std::string_view text, std::string_view pattern) {
  const std::size_t both = pattern.find('|');
  if (both != std::string_view::npos) {
    return Contains(text, pattern.substr(0, both)) && Contains(text, pattern.substr(both + 1));
  }
  return text.find(pattern) != std::string_view::npos;
}

bool Fits(const Row& row, std::string_view text) {
  return std::ranges::any_of(row.patterns,
                             [&](std::string_view pattern) { return !pattern.empty() && Contains(text, pattern); });
}

// The last soname before the loader's message, as in "...cuda.so with error: libcublasLt.so.12: cannot open".
std::string_view MissingLibrary(std::string_view text) {
  const std::size_t end = std::min(text.find(": cannot open"), text.size());
  const std::size_t begin = text.rfind("lib", end);
  if (begin == std::string_view::npos) {
    return "";
  }
  const std::string_view name =
      text.substr(begin, std::min(text.find_first_of(" :/'\"\n", begin), text.size()) - begin);
  return name.find(".so") == std::string_view::npos ? "" : name;
}

void Replace(std::string& text, std::string_view what, std::string_view by) {
  if (const std::size_t at = text.find(what); at != std::string::npos) {
    text.replace(at, what.size(), by);
  }
}

std::string Fill(std::string_view meaning, std::string_view runtime_text) {
  std::string text(meaning);
  if (text.find("{library}") != std::string::npos) {
    const std::string_view library = MissingLibrary(runtime_text);
    const std::string origin = LibraryOrigin(library);
    Replace(text, "{library}", library.empty() ? "a library" : library);
    Replace(text, "{origin}", origin.empty() ? "" : fmt::format(" {}", origin));
  }
  return text;
}

std::string FirstLine(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.size() <= kQuoted ? std::string(line) : fmt::format("{}...", line.substr(0, kQuoted));
}

}  // namespace

DeviceErrorMeaning ExplainDeviceError(std::string_view runtime_text) {
  const std::string text = ToLowerAscii(runtime_text);
  const auto* const row = std::ranges::find_if(kRows, [&](const Row& candidate) { return Fits(candidate, text); });
  if (row == kRows.end()) {
    return {.kind = Kind::kOther,
            .meaning = fmt::format("the device failed with an unknown error: {}", FirstLine(runtime_text)),
            .remedy = "use another device; calotype doctor lists them",
            .may_pass = false};
  }
  return {.kind = row->kind,
          .meaning = Fill(row->meaning, runtime_text),
          .remedy = std::string(row->remedy),
          .may_pass = row->may_pass};
}

}  // namespace calotype
