// Collects the facts about a machine before any device is tried.
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
  ProviderFacts provider;  // of the configured ONNX Runtime
  Verdict cuda;            // whether CUDA can work, given these facts
};

// Reads files and queries NVIDIA's driver, without loading an inference runtime or a library of CUDA. `onnxruntime` is
// the library or a folder that contains it (the setting inference.onnxruntime); empty: the one that the system's loader
// finds. Takes about 0.1 s, and up to a second more if the driver must be initialised. Thread-safe.
MachineFacts ProbeMachine(const std::filesystem::path& onnxruntime);

}  // namespace calotype
