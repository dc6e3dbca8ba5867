// A time limit for calls that may hang.
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

#include "base/given_up.h"
#include "base/status.h"

namespace calotype {

// Runs `call` on a new thread and waits up to `limit` for its result. Then returns kDeadlineExceeded with a message
// that begins with `what`. A hanging device cannot be interrupted, so the thread is left running: `call` must own
// everything it uses.
template <typename T>
StatusOr<T> CallWithDeadline(std::chrono::milliseconds limit, const std::string& what,
                             std::function<StatusOr<T>()> call) {
  auto task = std::make_shared<std::packaged_task<StatusOr<T>()>>(std::move(call));
  std::future<StatusOr<T>> answer = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (answer.wait_for(limit) != std::future_status::ready) {
    NoteCallGivenUp();
    return absl::DeadlineExceededError(fmt::format("{} did not return within {} ms", what, limit.count()));
  }
  try {
    return answer.get();
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace calotype
