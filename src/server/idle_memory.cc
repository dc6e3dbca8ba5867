#include "server/idle_memory.h"

#include <utility>

namespace calotype {

IdleMemory::IdleMemory(std::function<int64_t()> work, std::function<void()> give_back, std::chrono::milliseconds quiet)
    : work_(std::move(work)),
      give_back_(std::move(give_back)),
      thread_([this, quiet](const std::stop_token& stop) { Watch(stop, quiet); }) {}

void IdleMemory::Watch(const std::stop_token& stop, std::chrono::milliseconds quiet) {
  int64_t given_back_at = work_();
  int64_t last = given_back_at;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, quiet, [&stop] { return stop.stop_requested(); })) {
    const int64_t now = work_();
    if (now == last && now != given_back_at) {
      give_back_();
      given_back_at = now;
    }
    last = now;
  }
}

}  // namespace calotype
