#include "cli/runtime_cuda.h"

#include <fmt/format.h>

#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "cli/child_process.h"
#include "cli/pins.h"
#include "cli/terminal.h"
#include "inference/compatibility/machine_probe.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = kRuntimeCudaName;
constexpr const char* kWhatItIs =
    "ONNX Runtime {} for CUDA 13, with the libraries of CUDA and cuDNN that it needs: 1.6 GB to fetch, 2.5 GB on "
    "disk.\n"
    "It wants an NVIDIA GPU from Turing (GTX 16, RTX 20) on, and driver 580.65.06 or later.\n"
    "Licences: ONNX Runtime is under MIT. CUDA and cuDNN are NVIDIA's and not free software: by fetching them you "
    "accept\n"
    "NVIDIA's licences (EULA of the CUDA Toolkit, SLA of cuDNN), whose texts come with them, in "
    "*.dist-info/licenses.\n";
// Wheels and what is in them lie side by side for a while.
constexpr uintmax_t kBytesNeeded = uintmax_t{5} << 30;
constexpr double kGigabyte = 1e9;

// The pinned wheels are those for CPython 3.12; only libraries are taken from them, so any Python can unpack them.
const std::vector<std::string> kForAnyPython = {"--no-deps", "--require-hashes", "--only-binary",
                                                ":all:",     "--python-version", "3.12"};

struct Places {
  fs::path venv;      // where pip is
  fs::path wheels;    // fetched and not yet unpacked
  fs::path partial;   // being unpacked
  fs::path finished;  // site-packages, with .pins written before the folder gets its name

  fs::path Runtime() const { return finished / "onnxruntime" / "capi"; }
};

Places PlacesIn(const fs::path& cache) {
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

Status RunPip(const Places& places, const std::string& verb, const std::vector<std::string>& arguments,
              std::string_view failure) {
  std::vector<std::string> command = {(places.venv / "bin" / "python").string(),
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

// An environment that pip can be called in. One that was left half made has no .made, and is made anew.
Status MakeEnvironment(const Places& places) {
  constexpr int kNotFound = 127;
  std::error_code error;
  if (fs::exists(places.venv / ".made", error)) {
    return absl::OkStatus();
  }
  fs::remove_all(places.venv, error);
  CALOTYPE_ASSIGN_OR_RETURN(const int exit_status,
                            RunProgram({"/usr/bin/env", "python3", "-m", "venv", places.venv.string()}));
  if (exit_status == kNotFound) {
    return absl::FailedPreconditionError("python3 was not found; install it (Debian, Ubuntu: python3 python3-venv)");
  }
  if (exit_status != 0) {
    return absl::FailedPreconditionError(fmt::format(
        "python3 -m venv {} failed; on Debian and Ubuntu the package python3-venv is needed", places.venv.string()));
  }
  return WriteText(places.venv / ".made", "");
}

Status CheckSpace(const fs::path& cache) {
  std::error_code error;
  const fs::space_info space = fs::space(cache, error);
  if (!error && space.available < kBytesNeeded) {
    return absl::ResourceExhaustedError(fmt::format(
        "{} has {:.1f} GB free, {:.1f} are needed; CALOTYPE_HOME or XDG_CACHE_HOME moves it", cache.string(),
        static_cast<double>(space.available) / kGigabyte, static_cast<double>(kBytesNeeded) / kGigabyte));
  }
  return absl::OkStatus();
}

// One by one, so that what was fetched before an interruption is not fetched again, and a failure names its package.
Status FetchWheels(const Places& places, std::span<const Pin> pins) {
  const fs::path one = places.wheels / "one.txt";
  for (const Pin& pin : pins) {
    Print(fmt::format("fetching {} {}\n", pin.name, pin.version));
    CALOTYPE_RETURN_IF_ERROR(WriteText(one, pin.line + "\n"));
    CALOTYPE_RETURN_IF_ERROR(RunPip(
        places, "download", {"-d", places.wheels.string(), "--find-links", places.wheels.string(), "-r", one.string()},
        fmt::format(
            "pip could not fetch {} {}: is there a network? What was fetched is kept; run this again. Without a "
            "network, --wheels FOLDER takes wheels that were fetched elsewhere, as {} tells",
            pin.name, pin.version, (places.wheels / "runtime-cuda.txt").string())));
  }
  return absl::OkStatus();
}

Status Unpack(const Places& places, const fs::path& wheels, const fs::path& requirements) {
  std::error_code error;
  fs::remove_all(places.partial, error);
  Print("unpacking\n");
  CALOTYPE_RETURN_IF_ERROR(RunPip(places, "install",
                                  {"--no-index", "--find-links", wheels.string(), "--target", places.partial.string(),
                                   "--no-compile", "-r", requirements.string()},
                                  fmt::format("pip could not install from {}: it must hold every wheel of {}",
                                              wheels.string(), requirements.string())));
  CALOTYPE_RETURN_IF_ERROR(WriteText(places.partial / ".pins", std::string(kRuntimeCudaPins)));
  fs::remove_all(places.finished, error);
  fs::rename(places.partial, places.finished, error);
  return error ? absl::InternalError(fmt::format("cannot rename {} to {}: {}", places.partial.string(),
                                                 places.finished.string(), error.message()))
               : absl::OkStatus();
}

bool IsInstalled(const Places& places) {
  const StatusOr<std::string> pins = ReadTextFile(places.finished / ".pins");
  return pins.ok() && *pins == kRuntimeCudaPins;
}

Status Install(const Places& places, const fs::path& wheels) {
  CALOTYPE_RETURN_IF_ERROR(MakeEnvironment(places));
  std::error_code error;
  fs::create_directories(places.wheels, error);
  const fs::path requirements = places.wheels / "runtime-cuda.txt";
  CALOTYPE_RETURN_IF_ERROR(WriteText(requirements, std::string(kRuntimeCudaPins)));
  if (wheels.empty()) {
    CALOTYPE_RETURN_IF_ERROR(FetchWheels(places, ParsePins(kRuntimeCudaPins)));
  }
  CALOTYPE_RETURN_IF_ERROR(Unpack(places, wheels.empty() ? places.wheels : wheels, requirements));
  fs::remove_all(places.wheels, error);
  return absl::OkStatus();
}

}  // namespace

CommandResult PullRuntimeCuda(const App& app, const fs::path& wheels) {
#ifndef __x86_64__
  return absl::UnimplementedError("runtime-cuda is pinned for x86-64 alone");
#endif
  std::error_code error;
  const fs::path cache = app.folders().cache;
  const Places places = PlacesIn(cache);
  if (!wheels.empty() && !fs::is_directory(wheels, error)) {
    return absl::NotFoundError(fmt::format("--wheels {} is no folder", wheels.string()));
  }
  const bool installed = IsInstalled(places);
  if (!installed) {
    Print(fmt::format(fmt::runtime(kWhatItIs), ParsePins(kRuntimeCudaPins).front().version));
    fs::create_directories(cache, error);
    CALOTYPE_RETURN_IF_ERROR(CheckSpace(cache));
    CALOTYPE_RETURN_IF_ERROR(Install(places, wheels));
  }
  const MachineFacts facts = ProbeMachine(places.Runtime());
  Print(fmt::format(
      "{} is {}in {}\n\nTo use it, put into {}:\n[inference]\nonnxruntime = \"{}\"\n\nIts verdict here: {}\n", kName,
      installed ? "already " : "", places.finished.string(), (app.folders().config / "config.toml").string(),
      places.Runtime().string(), facts.cuda.ToString()));
  return 0;
}

}  // namespace calotype
