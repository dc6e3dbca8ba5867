// A test input for a model, to find out whether a device runs the model correctly.
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/agreement.h"

namespace calotype {

// The photos of a probe as they are, or after they were saved as JPEG once more.
enum class ProbePhotos : uint8_t { kAsTheyAre, kSavedAgain };

// The functions may be called from several threads at once. For a model without a probe all are null; such a model
// runs on the reference device only and is not tested.
struct ModelProbe {
  // Runs the model on the probe's input and decodes the output. Returns the errors of Session::Run() and of reading the
  // input.
  std::function<StatusOr<ProbeAnswer>(Session&)> answer;
  // OK if the answer is the one that the model's manifest expects; null if it expects none.
  std::function<Status(const ProbeAnswer&)> expect;
  // What a user gets to see: the findings of the whole analysis with this model, in which all other models run on the
  // reference device. Devices are compared by it; if it is null, by `answer`.
  std::function<StatusOr<ProbeAnswer>(Session&, ProbePhotos)> findings;

  explicit operator bool() const { return answer != nullptr; }
};

}  // namespace calotype
