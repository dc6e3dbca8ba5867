// Turns Ctrl-C into a stop request.
#pragma once

#include <csignal>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace calotype {

// While it exists, SIGINT and SIGTERM request a stop; a second signal ends the process at once (the catalogue survives
// that). Create it before any other thread is started, because threads inherit the blocked signals.
class InterruptWatcher {
 public:
  // The message at the first signal contains `promise`: "photos in progress are finished first". With `on_hang_up`,
  // SIGHUP calls it, on a thread of its own, instead of ending the process.
  explicit InterruptWatcher(std::string promise, std::function<void()> on_hang_up = nullptr);
  ~InterruptWatcher();
  InterruptWatcher(const InterruptWatcher&) = delete;
  InterruptWatcher& operator=(const InterruptWatcher&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void Watch(const std::stop_token& done);

  const std::string promise_;
  const std::function<void()> on_hang_up_;
  sigset_t signals_{};
  sigset_t before_{};
  std::stop_source source_;
  std::jthread thread_;
};

}  // namespace calotype
