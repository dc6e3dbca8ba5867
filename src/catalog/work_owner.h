// The identity of a process that works on photos, and whether it is still alive.
#pragma once

#include <cstdint>
#include <string>

namespace calotype {

// Two owners are never equal, not even two of one process: `random` differs.
struct WorkOwner {
  std::string host;           // machine id and host name
  std::string boot;           // identifies the boot of the machine
  int64_t pid_namespace = 0;  // inode of /proc/self/ns/pid: containers number their processes separately
  int64_t pid = 0;
  int64_t start_time = 0;  // of the process, in clock ticks since boot: distinguishes processes that had the same pid
  std::string random;      // 32 hexadecimal digits

  bool operator==(const WorkOwner&) const = default;
};

// Identifies the boot of the machine; empty if unknown.
std::string BootId();

// Returns a new owner in this process. Unknown fields are empty or 0.
WorkOwner NewWorkOwner();

// The name of the owner's machine, for people.
std::string MachineName(const WorkOwner& owner);

enum class OwnerLife : uint8_t {
  kAlive,    // its process runs on this machine; in this process: it is registered
  kDead,     // proven: its process has ended, or the machine was restarted
  kUnknown,  // on another machine or in another container: only its lease shows whether it works
};

OwnerLife LifeOf(const WorkOwner& owner);

// While it exists, `owner` counts as alive in this process. A source of work holds one: after its destruction the
// claims that it could not release (a full disk) are taken by the next source of this process at once. Thread-safe.
class OwnerRegistration {
 public:
  explicit OwnerRegistration(const WorkOwner& owner);
  OwnerRegistration(const OwnerRegistration&) = delete;
  OwnerRegistration& operator=(const OwnerRegistration&) = delete;
  ~OwnerRegistration();

 private:
  const std::string random_;
};

}  // namespace calotype
