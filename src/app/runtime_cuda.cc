#include "app/runtime_cuda.h"

#include <fmt/format.h>

#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "app/pins.h"
#include "base/child_process.h"
#include "base/file.h"
#include "inference/compatibility/machine_probe.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = kRuntimeCudaName;
constexpr std::string_view kDescription =
    "ONNX Runtime {} for CUDA 13, with the libraries of CUDA and cuDNN that it needs: 1.6 GB to download, 2.5 GB on "
    "disk.\n"
    "It needs an NVIDIA GPU of the Turing generation (GTX 16, RTX 20) or later, and driver 580.65.06 or later.\n"
    "Licences: ONNX Runtime is under MIT. CUDA and cuDNN belong to NVIDIA and are not free software: by downloading "
    "them you\n"
    "accept NVIDIA's licences (EULA of the CUDA Toolkit, SLA of cuDNN). Their texts are then in "
    "*.dist-info/licenses.\n";
// The wheels and their unpacked content, which both exist for a while.
constexpr uintmax_t kBytesNeeded = uintmax_t{5} << 30;
constexpr double kGigabyte = 1e9;

using OnStep = std::function<void(const RuntimeCudaStep&)>;

// The pinned wheels are for CPython 3.12. Only libraries are used from them, so any version of Python may unpack them.
const std::vector<std::string> kForAnyPython = {"--no-deps", "--require-hashes", "--only-binary",
                                                ":all:",     "--python-version", "3.12"};

struct Paths {
  fs::path venv;      // the Python environment with pip
  fs::path wheels;    // downloaded and not yet unpacked
  fs::path partial;   // being unpacked
  fs::path finished;  // the unpacked packages; it gets this name after its file .pins was written

  fs::path Runtime() const { return finished / "onnxruntime" / "capi"; }
};

Paths PathsIn(const fs::path& cache) {
  return {.venv = cache / "venv" / kName,
          .wheels = cache / "runtime-cuda.wheels",
          .partial = cache / "runtime-cuda.partial",
          .finished = cache / kName};
}

Status WriteText(const fs::path& file, const std::string& text) {
  return WriteFileAtomically(file, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

StatusOr<int> RunProgram(const std::vector<std::string>& command) {
  CALOTYPE_ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(command, /*quiet=*/false));
  ChildProcess::Result result = child.Wait();
  return result.exit_status;
}

Status RunPip(const Paths& paths, const std::string& verb, const std::vector<std::string>& arguments,
              std::string_view failure) {
  std::vector<std::string> command = {(paths.venv / "bin" / "python").string(),
                                      "-m",
                                      "pip",
                                      verb,
                                      "--quiet",
                                      "--disable-pip-version-check",
                                      "--no-cache-dir"};
  command.insert(command.end(), kForAnyPython.begin(), kForAnyPython.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  CALOTYPE_ASSIGN_OR_RETURN(const int exit_status, RunProgram(command));
  return exit_status == 0 ? absl::OkStatus() : absl::UnavailableError(std::string(failure));
}

// Makes the Python environment that pip runs in. An environment without the file .made is incomplete and made again.
Status MakeEnvironment(const Paths& paths) {
  constexpr int kNotFound = 127;
  std::error_code error;
  if (fs::exists(paths.venv / ".made", error)) {
    return absl::OkStatus();
  }
  fs::remove_all(paths.venv, error);
  CALOTYPE_ASSIGN_OR_RETURN(const int exit_status,
                            RunProgram({"/usr/bin/env", "python3", "-m", "venv", paths.venv.string()}));
  if (exit_status == kNotFound) {
    return absl::FailedPreconditionError(
        "python3 was not found; install it (on Debian and Ubuntu: python3 python3-venv)");
  }
  if (exit_status != 0) {
    return absl::FailedPreconditionError(fmt::format(
        "python3 -m venv {} failed; on Debian and Ubuntu the package python3-venv is needed", paths.venv.string()));
  }
  return WriteText(paths.venv / ".made", "");
}

Status CheckSpace(const fs::path& cache) {
  std::error_code error;
  const fs::space_info space = fs::space(cache, error);
  if (!error && space.available < kBytesNeeded) {
    return absl::ResourceExhaustedError(
        fmt::format("{} has {:.1f} GB free, {:.1f} GB are needed; set XDG_CACHE_HOME to another folder", cache.string(),
                    static_cast<double>(space.available) / kGigabyte, static_cast<double>(kBytesNeeded) / kGigabyte));
  }
  return absl::OkStatus();
}

// One by one, so that an interruption loses one package at most and an error names its package.
Status DownloadWheels(const Paths& paths, std::span<const Pin> pins, const OnStep& on_step) {
  const fs::path one = paths.wheels / "one.txt";
  for (const Pin& pin : pins) {
    on_step({.kind = RuntimeCudaStep::Kind::kDownloading, .package = pin.name, .version = pin.version});
    CALOTYPE_RETURN_IF_ERROR(WriteText(one, pin.line + "\n"));
    CALOTYPE_RETURN_IF_ERROR(RunPip(
        paths, "download", {"-d", paths.wheels.string(), "--find-links", paths.wheels.string(), "-r", one.string()},
        fmt::format(
            "pip could not download {} {}: is there a network? What was downloaded is kept; run the command again. "
            "Without a network, download the wheels that {} lists on another machine and pass their folder with "
            "--wheels FOLDER",
            pin.name, pin.version, (paths.wheels / "runtime-cuda.txt").string())));
  }
  return absl::OkStatus();
}

Status Unpack(const Paths& paths, const fs::path& wheels, const fs::path& requirements, const OnStep& on_step) {
  std::error_code error;
  fs::remove_all(paths.partial, error);
  on_step({.kind = RuntimeCudaStep::Kind::kUnpacking, .package = "", .version = ""});
  CALOTYPE_RETURN_IF_ERROR(
      RunPip(paths, "install",
             {"--no-index", "--find-links", wheels.string(), "--target", paths.partial.string(), "--no-compile", "-r",
              requirements.string()},
             fmt::format("pip could not install from {}: the folder must hold every wheel that {} lists",
                         wheels.string(), requirements.string())));
  CALOTYPE_RETURN_IF_ERROR(WriteText(paths.partial / ".pins", std::string(kRuntimeCudaPins)));
  fs::remove_all(paths.finished, error);
  fs::rename(paths.partial, paths.finished, error);
  return error ? absl::InternalError(fmt::format("cannot rename {} to {}: {}", paths.partial.string(),
                                                 paths.finished.string(), error.message()))
               : absl::OkStatus();
}

bool IsInstalled(const Paths& paths) {
  const StatusOr<std::string> pins = ReadTextFile(paths.finished / ".pins");
  return pins.ok() && *pins == kRuntimeCudaPins;
}

Status Install(const Paths& paths, const fs::path& wheels, const OnStep& on_step) {
  CALOTYPE_RETURN_IF_ERROR(MakeEnvironment(paths));
  std::error_code error;
  fs::create_directories(paths.wheels, error);
  const fs::path requirements = paths.wheels / "runtime-cuda.txt";
  CALOTYPE_RETURN_IF_ERROR(WriteText(requirements, std::string(kRuntimeCudaPins)));
  if (wheels.empty()) {
    CALOTYPE_RETURN_IF_ERROR(DownloadWheels(paths, ParsePins(kRuntimeCudaPins), on_step));
  }
  CALOTYPE_RETURN_IF_ERROR(Unpack(paths, wheels.empty() ? paths.wheels : wheels, requirements, on_step));
  fs::remove_all(paths.wheels, error);
  return absl::OkStatus();
}

}  // namespace

std::string DescribeRuntimeCuda() {
  return fmt::format(fmt::runtime(kDescription), ParsePins(kRuntimeCudaPins).front().version);
}

StatusOr<RuntimeCuda> InstallRuntimeCuda(const App& app, const fs::path& wheels, const OnStep& on_step) {
#ifndef __x86_64__
  return absl::UnimplementedError("runtime-cuda is available for x86-64 only");
#endif
  std::error_code error;
  const fs::path cache = app.folders().cache;
  const Paths paths = PathsIn(cache);
  if (!wheels.empty() && !fs::is_directory(wheels, error)) {
    return absl::NotFoundError(fmt::format("--wheels {} is not a folder", wheels.string()));
  }
  const bool installed = IsInstalled(paths);
  if (!installed) {
    on_step({.kind = RuntimeCudaStep::Kind::kStarting, .package = "", .version = ""});
    fs::create_directories(cache, error);
    CALOTYPE_RETURN_IF_ERROR(CheckSpace(cache));
    CALOTYPE_RETURN_IF_ERROR(Install(paths, wheels, on_step));
  }
  return RuntimeCuda{.was_installed = installed,
                     .folder = paths.finished,
                     .library = paths.Runtime(),
                     .verdict = ProbeMachine(paths.Runtime()).cuda.ToString()};
}

}  // namespace calotype
