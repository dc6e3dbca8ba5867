// The workers of all lanes.
#pragma once

#include <cstdint>
#include <string>

#include "server/http/fair_workers.h"
#include "server/http/http_server.h"

namespace calotype {

// Thread-safe.
class Lanes {
 public:
  explicit Lanes(const HttpLimits& limits);

  // Not of Lane::kInline, which has no workers.
  FairWorkers& Of(Lane lane);
  // Requests that wait for a worker.
  int64_t Waiting(Lane lane);
  // Whether a request of `client` has to be refused. One client fills half of a queue at most.
  bool IsFull(Lane lane, const std::string& client);
  // As FairWorkers::Join(), of all lanes.
  void Join();

 private:
  const int64_t most_waiting_;
  FairWorkers quick_;
  FairWorkers heavy_;
  FairWorkers models_;
};

}  // namespace calotype
