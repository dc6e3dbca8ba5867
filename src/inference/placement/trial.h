// Tries a model on a device: does it work, does it agree with the reference, how fast is it.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/device_option.h"
#include "inference/placement/device_store.h"
#include "inference/placement/model_probe.h"

namespace calotype {

// Loads `model` on `option`. On devices other than the CPU, a load or a run that takes longer than `limit` fails with
// kDeadlineExceeded, as do all later runs of that session; and at most two runs execute at a time, others wait. On the
// CPU, SessionOptions::run_limit is kept in the same way, for loads too, if the engine does not keep it itself; what
// hangs goes on behind the scenes, since nothing can end it.
StatusOr<std::unique_ptr<Session>> LoadOn(const DeviceOption& option, const std::filesystem::path& model,
                                          SessionOptions session, std::chrono::milliseconds limit);

// Returns kInternal if a number in `tensors` is not finite.
Status CheckFinite(std::span<const Tensor> tensors);

// Runs the probe once. kInternal if the answer is not the one that the manifest expects, or contains numbers that are
// not finite.
StatusOr<ProbeAnswer> AskProbe(Session& session, const ModelProbe& probe);

// What the reference answers to a probe; other devices are compared with it.
struct ReferenceAnswer {
  ProbeAnswer findings;                    // or the plain answer, for a probe without findings
  std::optional<ProbeAnswer> saved_again;  // findings in photos saved as JPEG once more
};

// Runs the probe at least 3 times and for about a third of a second. Compares the findings with `reference`; a probe
// without findings has each of its answers compared, and Trial::figure is of the first that disagrees. If `reference`
// is null, this is the reference: each answer is compared with the first, and `own` receives what other devices are
// compared with. If the first run takes more than twice `best_ms`, the best time so far, the probe is not repeated.
// `one_core`: the session uses one CPU core; its CPU time is taken if it is less than the elapsed time.
StatusOr<Trial> RunTrial(Session& session, const ModelProbe& probe, bool one_core, double best_ms,
                         const ReferenceAnswer* reference, ReferenceAnswer* own);

}  // namespace calotype
