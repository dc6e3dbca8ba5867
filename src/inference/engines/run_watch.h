// A time limit for runs that can be ended from another thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/status.h"

namespace calotype {

// Calls `end` once, on a thread of its own, if the object still exists after `limit`. `end` must not block: it asks the
// run to end. No `end` is in progress any more when the destructor returns. One thread watches all runs.
class RunWatch {
 public:
  // A limit of 0 is none.
  RunWatch(std::chrono::milliseconds limit, std::function<void()> end);
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;
  ~RunWatch();

  // True if `end` was called.
  bool ended() const;

 private:
  uint64_t id_ = 0;  // 0: not watched
};

// The error of a run that was ended.
Status RunTookTooLong(std::chrono::milliseconds limit);

}  // namespace calotype
