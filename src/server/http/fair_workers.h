// Threads that do the work of many clients in turn.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace calotype {

// Each client has a queue. The threads take one piece of work from each client in turn, so a client with a thousand
// pieces delays another one by a single piece. Thread-safe.
class FairWorkers {
 public:
  // `nice` lowers the priority of the threads, and of those that they start: 0 is normal, 19 the lowest, as in nice(1).
  explicit FairWorkers(int threads, int nice = 0);
  // As Join().
  ~FairWorkers();
  FairWorkers(const FairWorkers&) = delete;
  FairWorkers& operator=(const FairWorkers&) = delete;

  // Adds `work` to the queue of `client`, any text that identifies it. `work` must not throw. Not after Join().
  void Post(const std::string& client, std::function<void()> work) ABSL_LOCKS_EXCLUDED(mutex_);
  // Does what was posted, then ends the threads.
  void Join() ABSL_LOCKS_EXCLUDED(mutex_);

  // Pieces of work that no thread has started: of all clients, and of one.
  int64_t waiting() const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t waiting(const std::string& client) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Queue = std::deque<std::function<void()>>;

  void Run(int nice) ABSL_LOCKS_EXCLUDED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Queue> queues_ ABSL_GUARDED_BY(mutex_);  // none is empty
  std::list<std::string> turns_ ABSL_GUARDED_BY(mutex_);         // the clients with queues; the first is served next
  int64_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool joining_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // last: they use the others
};

}  // namespace calotype
