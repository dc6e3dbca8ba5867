// Installs ONNX Runtime for CUDA and NVIDIA's libraries for it, with pip in a Python environment of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "app/app.h"
#include "base/status.h"

namespace calotype {

inline constexpr const char* kRuntimeCudaName = "runtime-cuda";

// What is downloaded, what it needs, and the licences that the user accepts by it; several lines of text.
std::string DescribeRuntimeCuda();

// A step has begun. kStarting comes only when something will be installed.
struct RuntimeCudaStep {
  enum class Kind { kStarting, kDownloading, kUnpacking };

  Kind kind = Kind::kStarting;
  std::string package;  // of kDownloading: its name and version
  std::string version;
};

struct RuntimeCuda {
  bool was_installed = false;  // before: nothing was done
  std::filesystem::path folder;
  std::filesystem::path library;  // the folder to set inference.onnxruntime to
  std::string verdict;            // whether it works on this machine, in one sentence
};

// Downloads the pinned wheels from the package index and unpacks them; with `wheels`, a folder of wheels, it downloads
// nothing. What was downloaded before an interruption is kept. Takes minutes, and 5 GB of disk while it runs. Calls
// `on_step` on the caller's thread.
//   kUnimplemented       another processor than x86-64
//   kNotFound            `wheels` is not a folder
//   kResourceExhausted   too little space in the cache folder
//   kFailedPrecondition  python3 or its module venv is missing
//   kUnavailable         pip failed; its own message is on standard error
StatusOr<RuntimeCuda> InstallRuntimeCuda(const App& app, const std::filesystem::path& wheels,
                                         const std::function<void(const RuntimeCudaStep&)>& on_step);

}  // namespace calotype
