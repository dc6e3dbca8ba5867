#include "catalog/lease.h"

#include <chrono>

namespace calotype {

LeaseTime LeaseNow() {
  using std::chrono::duration_cast;
  return {
      .unix_seconds = duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count(),
      .boot_ms = duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

LeaseTime LeaseEnd(LeaseTime now) {
  return {.unix_seconds = now.unix_seconds + kLeaseSeconds,
          .boot_ms = now.boot_ms + kLeaseSeconds * kMillisecondsPerSecond};
}

bool CanTakeOver(const Lease& lease, OwnerLife life, const std::string& boot, LeaseTime now, int64_t seconds) {
  if (life == OwnerLife::kDead) {
    return true;
  }
  if (!boot.empty() && lease.owner.boot == boot) {
    return now.boot_ms >= lease.end.boot_ms;
  }
  const int64_t remaining = lease.end.unix_seconds - now.unix_seconds;
  return remaining <= 0 || remaining > seconds;
}

}  // namespace calotype
