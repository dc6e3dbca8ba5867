#include "pipeline/stages/rest_watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>

namespace calotype {
namespace {

constexpr std::chrono::milliseconds kPeriod{200};

void Look(WorkCatalog& work, const ThrottleOptions& throttle, ScanState& state) {
  const StatusOr<bool> paused = work.Paused();
  state.SetResting(paused.ok() && *paused ? "paused (calotype resume continues)" : ReasonToRest(throttle));
}

}  // namespace

RestWatch::RestWatch(WorkCatalog& work, const ThrottleOptions& throttle, ScanState& state) {
  Look(work, throttle, state);
  thread_ = std::jthread([&work, &throttle, &state](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stopped.wait_for(lock, stop, kPeriod, [&stop] { return stop.stop_requested(); })) {
      Look(work, throttle, state);
    }
    state.SetResting("");
  });
}

}  // namespace calotype
