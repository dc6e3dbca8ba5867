// What happens in the server, for clients that listen: one queue for each.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/jobs.h"
#include "base/mutex.h"
#include "server/http/http.h"

namespace calotype {

// Thread-safe. Must outlive the streams.
class EventFeed {
 public:
  // Clients at the same time.
  static constexpr std::size_t kMaxClients = 100;

  explicit EventFeed(JobService& jobs) : jobs_(jobs) {}

  // Tells all clients of a job's new state.
  void Publish(const Job& job) ABSL_LOCKS_EXCLUDED(mutex_);
  // The events of a new client; null when there are kMaxClients already.
  EventStream Subscribe() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Client;

  JobService& jobs_;
  Mutex mutex_;
  std::vector<std::weak_ptr<Client>> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
