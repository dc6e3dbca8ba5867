// Decides from facts, before anything is loaded, whether a device can work on this machine, and if not, why and what to
// do.
#pragma once

#include <cstdint>
#include <string>

#include "inference/compatibility/nvidia_facts.h"
#include "inference/compatibility/provider_facts.h"

namespace calotype {

enum class Outcome : uint8_t {
  kWorks,    // no problem is known; only a run shows that it works
  kUnknown,  // newer than this program knows, or facts are missing: worth a try
  kFails,    // cannot work without a change
};

struct Verdict {
  Outcome outcome = Outcome::kUnknown;
  std::string sentence;  // what was found, and why
  std::string remedy;    // what to do; empty: nothing

  // "sentence; remedy"
  std::string ToString() const;
};

// The verdict on ONNX Runtime's CUDA provider, for the first GPU, which is the one that the provider uses. A pure
// function.
Verdict CudaVerdict(const ProviderFacts& provider, const NvidiaFacts& nvidia);

}  // namespace calotype
