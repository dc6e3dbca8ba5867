// Ctrl-C as a stop token.
#pragma once

#include <csignal>
#include <stop_token>
#include <string>
#include <thread>

namespace calotype {

// While it lives, SIGINT and SIGTERM request a stop; a second one ends the process at once (the catalogue survives
// that). Make it before any other thread is started: they inherit the blocked signals.
class InterruptWatcher {
 public:
  // `promise` is what is said of the stop: "what is under way is finished first".
  explicit InterruptWatcher(std::string promise);
  ~InterruptWatcher();
  InterruptWatcher(const InterruptWatcher&) = delete;
  InterruptWatcher& operator=(const InterruptWatcher&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void Watch(const std::stop_token& done);

  const std::string promise_;
  sigset_t signals_{};
  sigset_t before_{};
  std::stop_source source_;
  std::jthread thread_;
};

}  // namespace calotype
