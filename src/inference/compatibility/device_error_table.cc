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
constexpr std::size_t kQuoted = 200;  // characters of an unknown text

struct Row {
  Kind kind = Kind::kOther;
  bool may_pass = false;
  // One of them in the text is enough; written in small letters, since case differs between libraries. '|' stands
  // between two that must both be there.
  std::array<std::string_view, kMostPatterns> patterns;
  std::string_view meaning;  // {library}: the soname in the text; {origin}: what it belongs to
  std::string_view remedy;
};

// The first row that fits counts: what is special comes before what is general.
constexpr std::array<Row, 20> kRows = {{
    {Kind::kNoDriver,
     false,
     {"libcuda.so.1: cannot open shared object file"},
     "there is no NVIDIA driver: libcuda.so.1 cannot be opened",
     "install NVIDIA's driver (in a container: run it with --gpus all)"},
    {Kind::kMissingLibrary,
     false,
     {"libcudnn|cannot open shared object file", "libcudnn|could not load library", "unable to load any of {libcudnn"},
     "{library}{origin} is missing, or another major version of cuDNN is there",
     "install cuDNN of that major version, or: calotype models pull runtime-cuda"},
    {Kind::kMissingLibrary,
     false,
     {"cannot open shared object file"},
     "{library}{origin} is missing, or only that of another CUDA is there",
     "install it, or use an ONNX Runtime that is built for the CUDA that is there: calotype models pull runtime-cuda"},
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
     "look at CUDA_VISIBLE_DEVICES and nvidia-smi (in a container: run it with --gpus all)"},
    {Kind::kOutOfMemory,
     true,
     {"out of memory", "cudaerrormemoryallocation", "failed to allocate memory for requested", "alloc_failed",
      "cl_out_of_resources"},
     "the GPU is out of memory",
     "smaller batches, fewer models at once (calotype tries again later), or the next device"},
    {Kind::kOutOfMemory,
     true,
     {"bad_alloc", "cannot allocate memory", "cl_mem_object_allocation_failure"},
     "memory is out",
     "smaller batches, fewer models at once (calotype tries again later), or the next device"},
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
     "cuDNN failed, as it does when it is of another version than the provider was built for, or memory is out",
     "compare the cuDNN that is there with the one that calotype doctor names; close other programs that use the GPU"},
    {Kind::kCudnn,
     false,
     {"cudnn_status_version_mismatch", "cudnn_status_sublibrary_version_mismatch", "cudnn_status_not_supported",
      "cudnn_status_arch_mismatch", "cudnn failure"},
     "cuDNN cannot do this here, as when its parts are of different versions or too old for the GPU",
     "install one whole cuDNN of the major version that calotype doctor names"},
    {Kind::kCublas,
     true,
     {"cublas_status_not_initialized", "cublas_status_execution_failed", "cublas_status_internal_error"},
     "cuBLAS failed, as it does when memory is out or the GPU's state is broken",
     "close other programs that use the GPU; if it comes again, the next device"},
    {Kind::kCublas,
     false,
     {"cublas_status_arch_mismatch", "cublas_status_not_supported", "cublas failure"},
     "cuBLAS cannot do this on this GPU",
     "install a newer CUDA of the same major version, or use the next device"},
    {Kind::kGpuFault,
     false,
     {"illegal memory access", "unspecified launch failure", "uncorrectable ecc", "cudaerrorlaunchfailure",
      "cudaerrorillegaladdress"},
     "the GPU failed in the middle of the work, and what this process had on it is lost",
     "start again; when it comes back, look at the kernel's log for Xid, and at heat and power"},
    {Kind::kWrongAnswer,
     false,
     {"not finite", "is nan", "returned nan", "are nan"},
     "the device answers with what is no number: a fault of the provider",
     "use the next device; a newer driver or runtime may mend it"},
    {Kind::kNoHardware,
     false,
     {"offers no device", "no supported devices", "no ep devices", "no compatible device"},
     "the plug-in finds no hardware that it is made for (OpenVINO's looks for Intel's)",
     "use the library itself where there is one (OpenVINO runs on AMD's CPUs too), or another device"},
    {Kind::kSlow,
     false,
     {"cudnn_conv_algo_search|exhaustive"},
     "it is slow although on the GPU, since cuDNN searches for its best algorithm at each new shape",
     "fixed shapes, or another cudnn_conv_algo_search; calotype measures and chooses"},
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

// The last soname before the loader's words: "...cuda.so with error: libcublasLt.so.12: cannot open".
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
            .meaning =
                fmt::format("the device failed in a way that this Calotype does not know: {}", FirstLine(runtime_text)),
            .remedy = "use the next device; calotype doctor tells what is there",
            .may_pass = false};
  }
  return {.kind = row->kind,
          .meaning = Fill(row->meaning, runtime_text),
          .remedy = std::string(row->remedy),
          .may_pass = row->may_pass};
}

}  // namespace calotype
