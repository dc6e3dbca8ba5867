// Trying a model on a device: does it answer, does it agree, how fast is it.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/device_option.h"
#include "inference/placement/device_store.h"
#include "inference/placement/model_probe.h"

namespace calotype {

// Loads `model` on `option`. Other devices than the CPU are guarded: a load or a run that takes longer than `limit` is
// given up with kDeadlineExceeded, and so is every run of that session from then on; of runs at the same time two are
// done, the others wait.
StatusOr<std::unique_ptr<Session>> LoadOn(const DeviceOption& option, const std::filesystem::path& model,
                                          SessionOptions session, std::chrono::milliseconds limit);

// kInternal when a number in `tensors` is not finite.
Status CheckFinite(std::span<const Tensor> tensors);

// Asks the probe once; kInternal when the manifest expects another answer, or when numbers in it are not finite.
StatusOr<ProbeAnswer> AskProbe(Session& session, const ModelProbe& probe);

// Asks the probe several times, at least 3 and for about a third of a second. Every answer is compared with `reference`
// (null: this is the reference, which agrees with its own first answer); the first that disagrees is the figure.
// `first_answer` gets the first one. A device that takes twice as long as `best_ms`, the best so far, is not asked
// again: it has lost. `one_core`: the session runs on one core of the CPU, whose time is then taken instead of the
// clock's where it is less.
StatusOr<Trial> RunTrial(Session& session, const ModelProbe& probe, bool one_core, double best_ms,
                         const ProbeAnswer* reference, ProbeAnswer* first_answer);

}  // namespace calotype
