#include "server/http/fair_workers.h"

#include <sys/resource.h>

#include <utility>

namespace calotype {

FairWorkers::FairWorkers(int threads, int nice) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, nice] { Run(nice); });
  }
}

FairWorkers::~FairWorkers() { Join(); }

void FairWorkers::Post(const std::string& client, std::function<void()> work) {
  const MutexLock lock(&mutex_);
  Queue& queue = queues_[client];
  if (queue.empty()) {
    turns_.push_back(client);
  }
  queue.push_back(std::move(work));
  ++waiting_;
}

void FairWorkers::Join() {
  {
    const MutexLock lock(&mutex_);
    joining_ = true;
  }
  threads_.clear();
}

int64_t FairWorkers::waiting() const {
  const MutexLock lock(&mutex_);
  return waiting_;
}

int64_t FairWorkers::waiting(const std::string& client) const {
  const MutexLock lock(&mutex_);
  const auto found = queues_.find(client);
  return found == queues_.end() ? 0 : static_cast<int64_t>(found->second.size());
}

void FairWorkers::Run(int nice) {
  if (nice > 0) {
    setpriority(PRIO_PROCESS, 0, nice);  // on Linux, of this thread only
  }
  while (true) {
    std::function<void()> work;
    {
      const MutexLock lock(&mutex_);
      mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return joining_ || !turns_.empty(); });
      if (turns_.empty()) {
        return;
      }
      const auto queue = queues_.find(turns_.front());
      work = std::move(queue->second.front());
      queue->second.pop_front();
      --waiting_;
      if (queue->second.empty()) {
        queues_.erase(queue);
        turns_.pop_front();
      } else {
        turns_.splice(turns_.end(), turns_, turns_.begin());
      }
    }
    work();
  }
}

}  // namespace calotype
