// The rules of leases, which every kind of catalogue follows. Pure functions, but for LeaseNow().
#pragma once

#include <cstdint>
#include <string>

#include "catalog/work_owner.h"
#include "catalog/work_source.h"

namespace calotype {

inline constexpr int64_t kMillisecondsPerSecond = 1000;

// An instant on two clocks: wall-clock time, which can be set back, and the kernel's monotonic clock, which cannot, but
// starts anew with each boot and cannot be compared with that of another machine.
struct LeaseTime {
  int64_t unix_seconds = 0;
  int64_t boot_ms = 0;  // CLOCK_MONOTONIC; stands still while the machine is suspended, as its processes do

  bool operator==(const LeaseTime&) const = default;
};

LeaseTime LeaseNow();

// The end of a lease that is granted at `now`.
LeaseTime LeaseEnd(LeaseTime now);

struct Lease {
  WorkOwner owner;
  LeaseTime end;
};

// True when others may take the photos of the lease: its owner is dead, or it has expired. `boot` is that of the
// process that asks. If `end.unix_seconds` is further away than one lease of `seconds`, the wall clock was set back
// after it was written; then the lease counts as expired.
bool CanTakeOver(const Lease& lease, OwnerLife life, const std::string& boot, LeaseTime now,
                 int64_t seconds = kLeaseSeconds);

}  // namespace calotype
