#include "inference/engines/run_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace calotype {
namespace {

using Clock = std::chrono::steady_clock;

class Watcher {
 public:
  // Never destroyed: its thread runs until the process ends.
  static Watcher& Get() {
    static auto* const kWatcher = new Watcher;  // NOLINT(cppcoreguidelines-owning-memory): see above
    return *kWatcher;
  }

  uint64_t Add(std::chrono::milliseconds limit, std::function<void()> end) {
    const std::lock_guard lock(mutex_);
    const uint64_t id = ++last_id_;
    const Clock::time_point due = Clock::now() + limit;
    runs_[id] = {.due = due, .end = std::move(end)};
    if (due < next_) {
      next_ = due;
      changed_.notify_one();
    }
    return id;
  }

  void Remove(uint64_t id) {
    const std::lock_guard lock(mutex_);
    runs_.erase(id);
  }

  bool WasEnded(uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(id);
    return found != runs_.end() && found->second.ended;
  }

 private:
  struct Run {
    Clock::time_point due;
    std::function<void()> end;
    bool ended = false;
  };

  Watcher() {
    std::thread([this] { Watch(); }).detach();
  }

  void Watch() {
    std::unique_lock lock(mutex_);
    while (true) {
      next_ = Clock::time_point::max();
      for (auto& [id, run] : runs_) {
        if (!run.ended && run.due <= Clock::now()) {
          run.ended = true;
          run.end();
        }
        next_ = run.ended ? next_ : std::min(next_, run.due);
      }
      // max() itself would overflow in the conversion to the system's clock.
      changed_.wait_until(lock, std::min(next_, Clock::now() + std::chrono::hours(1)));
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Clock::time_point next_ = Clock::time_point::max();
  uint64_t last_id_ = 0;
  std::map<uint64_t, Run> runs_;
};

}  // namespace

RunWatch::RunWatch(std::chrono::milliseconds limit, std::function<void()> end)
    : id_(limit.count() > 0 ? Watcher::Get().Add(limit, std::move(end)) : 0) {}

RunWatch::~RunWatch() {
  if (id_ != 0) {
    Watcher::Get().Remove(id_);
  }
}

Status RunTookTooLong(std::chrono::milliseconds limit) {
  return absl::DeadlineExceededError(fmt::format("a run on the CPU did not end within {} s (inference.cpu_timeout_s)",
                                                 std::chrono::duration<double>(limit).count()));
}

bool RunWatch::ended() const { return id_ != 0 && Watcher::Get().WasEnded(id_); }

}  // namespace calotype
