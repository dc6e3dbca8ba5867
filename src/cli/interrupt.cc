#include "cli/interrupt.h"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr timespec kPoll{.tv_sec = 0, .tv_nsec = 100'000'000};
constexpr int kSignalledExit = 130;  // what a shell reports for SIGINT

}  // namespace

InterruptWatcher::InterruptWatcher(std::string promise, std::function<void()> on_hang_up)
    : promise_(std::move(promise)), on_hang_up_(std::move(on_hang_up)) {
  sigemptyset(&signals_);
  if (on_hang_up_) {
    sigaddset(&signals_, SIGHUP);
  }
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::jthread([this](const std::stop_token& done) { Watch(done); });
}

InterruptWatcher::~InterruptWatcher() {
  thread_.request_stop();
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void InterruptWatcher::Watch(const std::stop_token& done) {
  while (!done.stop_requested()) {
    const int signal = sigtimedwait(&signals_, nullptr, &kPoll);
    if (signal < 0) {
      continue;
    }
    if (signal == SIGHUP) {
      on_hang_up_();
      continue;
    }
    if (source_.stop_requested()) {
      _exit(kSignalledExit);
    }
    PrintError(fmt::format("stopping: {}; again to stop at once", promise_));
    source_.request_stop();
  }
}

}  // namespace calotype
