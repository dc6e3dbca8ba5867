// Whether a device can work on this machine, why not, and what to do: a judgement of facts, before anything is loaded.
#pragma once

#include <cstdint>
#include <string>

#include "inference/compatibility/nvidia_facts.h"
#include "inference/compatibility/provider_facts.h"

namespace calotype {

enum class Outcome : uint8_t {
  kWorks,    // nothing that was seen speaks against it; only a run tells
  kUnknown,  // newer than this program knows, or it cannot tell: worth a try
  kFails,    // cannot work as it is
};

struct Verdict {
  Outcome outcome = Outcome::kUnknown;
  std::string sentence;  // what was seen and why that is so
  std::string remedy;    // what to do; empty when there is nothing to do

  // "sentence; remedy"
  std::string ToString() const;
};

// Of ONNX Runtime's CUDA provider. Pure: the same facts give the same verdict. The first GPU is judged, since that is
// the one which the provider takes.
Verdict CudaVerdict(const ProviderFacts& provider, const NvidiaFacts& nvidia);

}  // namespace calotype
