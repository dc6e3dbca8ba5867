// All that is to be known of a machine before a device is tried.
#pragma once

#include <filesystem>
#include <string>

#include "inference/compatibility/cpu_facts.h"
#include "inference/compatibility/nvidia_facts.h"
#include "inference/compatibility/provider_facts.h"
#include "inference/compatibility/verdict.h"

namespace calotype {

struct MachineFacts {
  CpuFacts cpu;
  NvidiaFacts nvidia;
  ProviderFacts provider;  // of the ONNX Runtime that was named
  Verdict cuda;            // what these facts mean for it
};

// Reads files and asks NVIDIA's driver; no runtime and no library of CUDA is loaded. `onnxruntime` is the library, or a
// folder that holds it (the setting inference.onnxruntime); empty is the one that the system's loader finds. Takes some
// 0.1 s, and up to a second more where a driver must be woken. Thread-safe.
MachineFacts ProbeMachine(const std::filesystem::path& onnxruntime);

}  // namespace calotype
