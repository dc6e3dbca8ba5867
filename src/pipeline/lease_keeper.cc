#include "pipeline/lease_keeper.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "base/log.h"

namespace calotype {

LeaseKeeper::LeaseKeeper(WorkSource& source, std::chrono::milliseconds interval)
    : thread_([&source, interval](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
          stopped.wait_for(lock, stop, interval, [] { return false; });
          if (stop.stop_requested()) {
            return;
          }
          if (const Status status = source.Extend(); !status.ok()) {
            LogWarning("cannot extend the lease of the photos in work: {}", Message(status));
          }
        }
      }) {}

}  // namespace calotype
