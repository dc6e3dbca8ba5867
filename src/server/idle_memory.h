// Gives memory back to the system when the server has nothing to do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace calotype {

// The allocator keeps the memory of finished requests for later ones, on each thread. A thread of this object calls
// `give_back` once the count that `work` returns has grown and then stayed the same for `quiet`.
class IdleMemory {
 public:
  IdleMemory(std::function<int64_t()> work, std::function<void()> give_back, std::chrono::milliseconds quiet);

 private:
  void Watch(const std::stop_token& stop, std::chrono::milliseconds quiet);

  const std::function<int64_t()> work_;
  const std::function<void()> give_back_;
  std::mutex mutex_;  // only for the sleep of the thread
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace calotype
