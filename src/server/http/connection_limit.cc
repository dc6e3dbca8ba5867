#include "server/http/connection_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace calotype {
namespace {

constexpr int64_t kOtherDescriptors = 256;

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace

int64_t MaxConnections(int64_t wanted) {
  RaiseDescriptorLimit();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return wanted;
  }
  return std::clamp<int64_t>(static_cast<int64_t>(limit.rlim_cur) - kOtherDescriptors, 1, wanted);
}

}  // namespace calotype
