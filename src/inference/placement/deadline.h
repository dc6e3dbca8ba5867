// Calls that may never come back.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/status.h"

namespace calotype {

// Runs `call` on a thread of its own and waits for it at most `limit`; then kDeadlineExceeded that says `what`, and the
// thread is left behind with all that `call` holds: a device that hangs cannot be asked to stop. So `call` must own
// what it uses.
template <typename T>
StatusOr<T> CallWithDeadline(std::chrono::milliseconds limit, const std::string& what,
                             std::function<StatusOr<T>()> call) {
  auto task = std::make_shared<std::packaged_task<StatusOr<T>()>>(std::move(call));
  std::future<StatusOr<T>> answer = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (answer.wait_for(limit) != std::future_status::ready) {
    return absl::DeadlineExceededError(fmt::format("{} did not come back within {} ms", what, limit.count()));
  }
  try {
    return answer.get();
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace calotype
