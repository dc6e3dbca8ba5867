// A test input for a model, to find out whether a device runs the model correctly.
#pragma once

#include <functional>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/agreement.h"

namespace calotype {

// Both functions may be called from several threads at once. For a model without a probe both are null; such a model
// runs on the reference device only and is not tested.
struct ModelProbe {
  // Runs the model on the probe's input and decodes the output. Returns the errors of Session::Run() and of reading the
  // input.
  std::function<StatusOr<ProbeAnswer>(Session&)> answer;
  // OK if the answer is the one that the model's manifest expects; null if it expects none.
  std::function<Status(const ProbeAnswer&)> expect;

  explicit operator bool() const { return answer != nullptr; }
};

}  // namespace calotype
