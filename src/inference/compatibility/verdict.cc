#include "inference/compatibility/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "inference/compatibility/compatibility_table.h"
#include "inference/compatibility/cuda_libraries.h"
#include "inference/compatibility/driver_error.h"
#include "inference/compatibility/version.h"

namespace calotype {
namespace {

constexpr const char* kPull = "calotype models pull runtime-cuda";
constexpr const char* kContainer = "in a container: run it with --gpus all";
constexpr const char* kTrying = "it is newer than this Calotype knows: trying it";
constexpr const char* kCuda12Runtime =
    "use ONNX Runtime 1.19 to 1.26, which is built for CUDA 12 (set inference.onnxruntime to its folder)";
constexpr int kOldestGpuOfCuda12Runtime = 60;

// The facts and the matching entries of the compatibility table.
struct Case {
  const ProviderFacts& provider;
  const NvidiaFacts& nvidia;
  std::optional<Version> runtime;
  const ProviderBuild* build = nullptr;
  int cuda = 0;   // version that the provider was built for; 0: unknown
  int cudnn = 0;  // version that it needs; 0: unknown
  const CudaRelease* release = nullptr;

  std::string Runtime() const {
    return provider.runtime_version.empty() ? "this ONNX Runtime" : "ONNX Runtime " + provider.runtime_version;
  }
  // "the driver 525.60.13 or later"
  std::string NeededDriver() const {
    return release == nullptr ? "a driver for this GPU" : fmt::format("driver {} or later", release->driver);
  }
  std::string DriverName() const {
    return nvidia.driver_version.empty() ? "NVIDIA's driver" : "NVIDIA's driver " + nvidia.driver_version;
  }
  bool DriverIsMissing() const { return !nvidia.library; }
};

Case MakeCase(const ProviderFacts& provider, const NvidiaFacts& nvidia) {
  Case it{.provider = provider, .nvidia = nvidia, .runtime = ParseVersion(provider.runtime_version)};
  if (it.runtime.has_value()) {
    it.build = FindProviderBuild(*it.runtime, provider.cuda_major);
  }
  it.cuda = provider.cuda_major != 0 ? provider.cuda_major : it.build != nullptr ? it.build->cuda : 0;
  it.cudnn = provider.cudnn_major != 0 ? provider.cudnn_major : it.build != nullptr ? it.build->cudnn : 0;
  it.release = FindCudaRelease(it.cuda);
  return it;
}

Verdict Fails(std::string sentence, std::string remedy) {
  return {.outcome = Outcome::kFails, .sentence = std::move(sentence), .remedy = std::move(remedy)};
}

Verdict Unknown(std::string sentence) {
  return {.outcome = Outcome::kUnknown, .sentence = std::move(sentence), .remedy = ""};
}

// Lists versions other than `wanted` that exist: " (CUDA 13 is)".
std::string InsteadOf(int wanted, const std::vector<int>& here, std::string_view what) {
  std::vector<int> others;
  std::ranges::copy_if(here, std::back_inserter(others), [wanted](int major) { return major != wanted; });
  return others.empty()
             ? ""
             : fmt::format(" ({} {} {})", what, fmt::join(others, " and "), others.size() == 1 ? "is" : "are");
}

std::optional<Verdict> JudgeProvider(const Case& it) {
  if (!it.provider.runtime) {
    return Fails(it.provider.folder.empty() ? "no ONNX Runtime was found on this machine"
                                            : fmt::format("no ONNX Runtime is in {}", it.provider.folder.string()),
                 fmt::format("{} fetches one, or set inference.onnxruntime to its folder", kPull));
  }
  if (!it.provider.provider) {
    return Fails(fmt::format("{} in {} has no CUDA provider (libonnxruntime_providers_cuda.so)", it.Runtime(),
                             it.provider.folder.string()),
                 fmt::format("{} fetches one that has, or set inference.onnxruntime to the folder of an "
                             "onnxruntime-gpu",
                             kPull));
  }
  if (!it.provider.provider_error.empty()) {
    return Fails(fmt::format("the CUDA provider of {} is broken: {}", it.Runtime(), it.provider.provider_error),
                 "install that ONNX Runtime again");
  }
  return std::nullopt;
}

// Suggests another ONNX Runtime or libraries for this one, whichever suits what is installed.
std::string RemedyForCuda(const Case& it) {
  const auto here = [&](int major) { return std::ranges::count(it.provider.cuda_majors_here, major) > 0; };
  if (it.cuda == 0) {
    return fmt::format("{} fetches an ONNX Runtime with all of its libraries", kPull);
  }
  if (it.cuda < kNewestCuda && here(kNewestCuda)) {
    return fmt::format(
        "use ONNX Runtime 1.27 or later, which is built for CUDA 13 ({}, then inference.onnxruntime), or install the "
        "CUDA {} libraries",
        kPull, it.cuda);
  }
  if (it.cuda == kNewestCuda && here(kNewestCuda - 1)) {
    return fmt::format("{} fetches the CUDA {} libraries with their ONNX Runtime; or {}", kPull, it.cuda,
                       kCuda12Runtime);
  }
  return fmt::format("install the CUDA {} libraries, or {} fetches an ONNX Runtime with all of its libraries", it.cuda,
                     kPull);
}

std::string RemedyForCudnn(int major) {
  return fmt::format("install cuDNN {}, or {} fetches an ONNX Runtime with all of its libraries", major, kPull);
}

std::optional<Verdict> JudgeLibraries(const Case& it) {
  const auto missing = std::ranges::find_if(it.provider.needed, [](const NeededLibrary& library) {
    return library.missing() && library.soname != kDriverLibrary;
  });
  if (missing == it.provider.needed.end()) {
    return std::nullopt;
  }
  const std::string& soname = missing->soname;
  const int cudnn = CudnnMajorOf(soname);
  std::string sentence;
  std::string remedy;
  if (cudnn != 0) {
    sentence = fmt::format("{} needs cuDNN {}, but {} is not on this machine{}", it.Runtime(), cudnn, soname,
                           InsteadOf(cudnn, it.provider.cudnn_majors_here, "cuDNN"));
    remedy = RemedyForCudnn(cudnn);
  } else if (IsCudaLibrary(soname) && it.cuda != 0) {
    sentence = fmt::format("{} was built for CUDA {}, but {} is not on this machine{}", it.Runtime(), it.cuda, soname,
                           InsteadOf(it.cuda, it.provider.cuda_majors_here, "CUDA"));
    remedy = RemedyForCuda(it);
  } else {
    const std::string origin = LibraryOrigin(soname);
    sentence = fmt::format("{} needs {}{}{}, which is not on this machine", it.Runtime(), soname,
                           origin.empty() ? "" : " ", origin);
    remedy = fmt::format("install it, or {} fetches an ONNX Runtime with all of its libraries", kPull);
  }
  if (it.DriverIsMissing()) {
    sentence += ", nor is NVIDIA's driver (libcuda.so.1)";
    remedy = fmt::format("with an NVIDIA GPU: install {} ({}); then {}", it.NeededDriver(), kContainer, remedy);
  }
  return Fails(sentence, remedy);
}

std::optional<Verdict> JudgeDriverLibrary(const Case& it) {
  if (!it.DriverIsMissing()) {
    return std::nullopt;
  }
  if (!it.nvidia.driver_version.empty()) {
    return Fails(fmt::format("the kernel has {}, but libcuda.so.1 is missing, as in a container without NVIDIA's "
                             "runtime ({})",
                             it.DriverName(), it.nvidia.library_error),
                 fmt::format("{}; the host needs the NVIDIA Container Toolkit", kContainer));
  }
  if (it.nvidia.pci_gpus > 0) {
    return Fails(fmt::format("this machine has an NVIDIA GPU but no NVIDIA driver: libcuda.so.1 is missing"),
                 fmt::format("install {} ({})", it.NeededDriver(), kContainer));
  }
  return Fails("there is no NVIDIA driver on this machine: libcuda.so.1 is missing",
               fmt::format("with an NVIDIA GPU: install {} ({}); without one: nothing", it.NeededDriver(), kContainer));
}

std::optional<Verdict> JudgeDriverAge(const Case& it) {
  if (it.release == nullptr) {
    return std::nullopt;
  }
  // Use the CUDA version that the driver reports: with a compatibility package, an older driver supports a newer CUDA.
  const std::optional<Version> version = ParseVersion(it.nvidia.driver_version);
  const int spoken = it.nvidia.cuda_version / 1000;
  const bool too_old =
      spoken != 0 ? spoken < it.cuda : version.has_value() && *version < *ParseVersion(it.release->driver);
  if (!too_old) {
    return std::nullopt;
  }
  const std::string limit =
      spoken == 0 ? "" : fmt::format(" (it supports up to CUDA {}.{})", spoken, it.nvidia.cuda_version % 1000 / 10);
  const std::string other = it.cuda == kNewestCuda && (spoken == 0 || spoken == kNewestCuda - 1)
                                ? fmt::format("; or {}", kCuda12Runtime)
                                : std::string();
  return Fails(fmt::format("{} was built for CUDA {}, which needs {}, but {} is older{}", it.Runtime(), it.cuda,
                           it.NeededDriver(), it.DriverName(), limit),
               fmt::format("install {}{}", it.NeededDriver(), other));
}

std::optional<Verdict> JudgeDriverError(const Case& it) {
  if (it.nvidia.error == 0 || it.nvidia.error == kCudaNoDevice) {
    return std::nullopt;
  }
  const DriverError error = ExplainDriverError(it.nvidia.error);
  return Fails(fmt::format("{} cannot be used: {} (CUDA error {})", it.DriverName(), error.meaning, it.nvidia.error),
               std::string(error.remedy));
}

std::optional<Verdict> JudgeGpus(const Case& it) {
  if (!it.nvidia.gpus.empty()) {
    return std::nullopt;
  }
  if (it.nvidia.visible_devices.has_value()) {
    return Fails(fmt::format("CUDA_VISIBLE_DEVICES is '{}', which hides every GPU from this process",
                             *it.nvidia.visible_devices),
                 "unset CUDA_VISIBLE_DEVICES, or set it to an existing GPU (nvidia-smi -L lists them)");
  }
  return Fails(
      fmt::format("{} is installed but shows no GPU (CUDA error {}, no device)", it.DriverName(), kCudaNoDevice),
      fmt::format("check the output of nvidia-smi; {}", kContainer));
}

// Handles providers that open cuDNN later, by name. Without it, convolutions fail.
std::optional<Verdict> JudgeCudnn(const Case& it) {
  if (it.provider.cudnn_major != 0 || it.cudnn == 0 ||
      std::ranges::count(it.provider.cudnn_majors_here, it.cudnn) > 0) {
    return std::nullopt;
  }
  return Fails(
      fmt::format("{} loads cuDNN {} for convolutions, but libcudnn.so.{} is not on this machine{}", it.Runtime(),
                  it.cudnn, it.cudnn, InsteadOf(it.cudnn, it.provider.cudnn_majors_here, "cuDNN")),
      RemedyForCudnn(it.cudnn));
}

std::string GpuName(const NvidiaGpu& gpu) {
  return fmt::format("{} ({})", gpu.name.empty() ? "this GPU" : gpu.name, ArchitectureName(gpu.architecture));
}

std::string RemedyForGpu(const Case& it, int gpu, bool too_old) {
  if (!too_old) {
    return it.cuda < kNewestCuda
               ? fmt::format("use ONNX Runtime 1.27 or later, built with a CUDA that knows it ({}), or the CPU", kPull)
               : "use a newer ONNX Runtime when there is one for it, or the CPU";
  }
  return it.cuda >= kNewestCuda && gpu >= kOldestGpuOfCuda12Runtime ? fmt::format("{}, or the CPU", kCuda12Runtime)
                                                                    : std::string("use the CPU");
}

// Decides by the GPU code in the provider's file.
std::optional<Verdict> JudgeCode(const Case& it, const NvidiaGpu& gpu) {
  const CudaCode& code = *it.provider.code;
  if (HasBinaryFor(code, gpu.architecture)) {
    return std::nullopt;
  }
  if (HasPtxFor(code, gpu.architecture)) {
    return Unknown(fmt::format("{} has no code for {}, only PTX that the driver may be able to compile: trying it",
                               it.Runtime(), GpuName(gpu)));
  }
  std::vector<std::string> names;
  std::ranges::transform(code.binary, std::back_inserter(names), ArchitectureName);
  const bool too_old = !code.binary.empty() && gpu.architecture < code.binary.front();
  return Fails(fmt::format("{} has code for {} and none for {}", it.Runtime(), fmt::join(names, ", "), GpuName(gpu)),
               RemedyForGpu(it, gpu.architecture, too_old));
}

// Decides by the table if the file's GPU code is unknown.
std::optional<Verdict> JudgeArchitecture(const Case& it) {
  const NvidiaGpu& gpu = it.nvidia.gpus.front();
  if (gpu.architecture == 0) {
    return std::nullopt;
  }
  if (it.provider.code.has_value()) {
    return JudgeCode(it, gpu);
  }
  const int oldest =
      std::max(it.build == nullptr ? 0 : it.build->oldest_gpu, it.release == nullptr ? 0 : it.release->oldest_gpu);
  if (gpu.architecture < oldest) {
    return Fails(fmt::format("{} is built for CUDA {} and for GPUs from {} on, so it has no code for {}", it.Runtime(),
                             it.cuda, ArchitectureName(oldest), GpuName(gpu)),
                 RemedyForGpu(it, gpu.architecture, true));
  }
  const bool known = it.runtime.has_value() && it.build != nullptr && it.cuda < kNewestCuda;
  if (known && gpu.architecture > it.build->newest_gpu && gpu.architecture <= kNewestGpu) {
    return Fails(fmt::format("{} is built for CUDA {} and for GPUs up to {}, so it has no code for {}: that came with "
                             "CUDA 12.8",
                             it.Runtime(), it.cuda, ArchitectureName(it.build->newest_gpu), GpuName(gpu)),
                 RemedyForGpu(it, gpu.architecture, false));
  }
  return std::nullopt;
}

std::optional<Verdict> JudgeNovelty(const Case& it) {
  const NvidiaGpu& gpu = it.nvidia.gpus.front();
  if (it.cuda > kNewestCuda) {
    return Unknown(fmt::format("{} is built for CUDA {}; {}", it.Runtime(), it.cuda, kTrying));
  }
  if (it.runtime.has_value() && Version{{it.runtime->parts[0], it.runtime->parts[1], 0}} > kNewestRuntime) {
    return Unknown(fmt::format("this is {}; {}", it.Runtime(), kTrying));
  }
  if (gpu.architecture > kNewestGpu) {
    return Unknown(fmt::format("the GPU is {}; {}", GpuName(gpu), kTrying));
  }
  if (it.nvidia.cuda_version / 1000 > kNewestCuda) {
    return Unknown(fmt::format("{} supports CUDA {}; {}", it.DriverName(), it.nvidia.cuda_version / 1000, kTrying));
  }
  if (!it.runtime.has_value() || it.cuda == 0 || gpu.architecture == 0) {
    return Unknown(fmt::format("the version of {} is unknown: trying it",
                               it.cuda == 0              ? "CUDA that " + it.Runtime() + " was built for"
                               : !it.runtime.has_value() ? "this ONNX Runtime"
                                                         : "this GPU"));
  }
  return std::nullopt;
}

// In the order in which a user would have to fix the problems.
constexpr std::array kJudges = {JudgeProvider, JudgeLibraries, JudgeDriverLibrary, JudgeDriverAge, JudgeDriverError,
                                JudgeGpus,     JudgeCudnn,     JudgeArchitecture,  JudgeNovelty};

}  // namespace

std::string Verdict::ToString() const { return remedy.empty() ? sentence : fmt::format("{}; {}", sentence, remedy); }

Verdict CudaVerdict(const ProviderFacts& provider, const NvidiaFacts& nvidia) {
  const Case it = MakeCase(provider, nvidia);
  for (const auto judge : kJudges) {
    if (std::optional<Verdict> verdict = judge(it); verdict.has_value()) {
      return *std::move(verdict);
    }
  }
  return {.outcome = Outcome::kWorks,
          .sentence = fmt::format("{} for CUDA {} with cuDNN {}, {}, {}: no known problem", it.Runtime(), it.cuda,
                                  it.cudnn, it.DriverName(), GpuName(nvidia.gpus.front())),
          .remedy = ""};
}

}  // namespace calotype
