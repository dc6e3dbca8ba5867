// What a model is tried with before it is trusted.
#pragma once

#include <functional>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/agreement.h"

namespace calotype {

// Both functions may be called from several threads at once. A model without a probe has neither: it is then taken as
// it loads, and only the reference device can be chosen for it.
struct ModelProbe {
  // Gives the model its probe's input and reads what comes out. The errors of Session::Run, and those of the input.
  std::function<StatusOr<ProbeAnswer>(Session&)> answer;
  // OK when the answer is the one that the model's manifest expects; null when it expects none.
  std::function<Status(const ProbeAnswer&)> expect;

  explicit operator bool() const { return answer != nullptr; }
};

}  // namespace calotype
