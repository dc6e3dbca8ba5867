#include "catalog/work_owner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <set>
#include <sstream>

#include "absl/base/thread_annotations.h"
#include "base/file.h"
#include "base/mutex.h"

namespace calotype {
namespace {

// The text of a small file of the system, which reports no size; empty when it cannot be read.
std::string ReadSystemFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  const ssize_t count = file.get() < 0 ? 0 : read(file.get(), text.data(), text.size());
  return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : std::string();
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// LifeOf() is called for each owner of this machine, so what cannot change is read once.
std::string HostName() {
  static const std::string kMachine = FirstLine(ReadSystemFile("/etc/machine-id"));
  std::array<char, 256> name{};
  const bool known = gethostname(name.data(), name.size() - 1) == 0;
  // Machines that were copied from one image may share an id, containers a name.
  return fmt::format("{} {}", kMachine, known ? name.data() : "");
}

int64_t PidNamespace() {
  static const int64_t kInode = [] {
    struct stat info{};
    return stat("/proc/self/ns/pid", &info) == 0 ? static_cast<int64_t>(info.st_ino) : 0;
  }();
  return kInode;
}

struct ProcessState {
  char state = ' ';  // 'Z' has ended, its parent did not ask yet
  int64_t start_time = 0;
};

// nullopt when there is no such process.
std::optional<ProcessState> StateOf(int64_t pid) {
  const std::string text = ReadSystemFile(fmt::format("/proc/{}/stat", pid));
  // The second field is the program's name in parentheses, which may hold both spaces and parentheses.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream fields(text.substr(name_end + 1));
  ProcessState process;
  fields >> process.state;
  constexpr int kFieldsBetween = 18;  // state is field 3, the start time field 22
  std::string skipped;
  for (int i = 0; i < kFieldsBetween; ++i) {
    fields >> skipped;
  }
  fields >> process.start_time;
  return process;
}

int64_t OwnStartTime() {
  thread_local pid_t pid = 0;
  thread_local int64_t time = 0;
  if (pid != getpid()) {
    pid = getpid();
    time = StateOf(pid).value_or(ProcessState{}).start_time;
  }
  return time;
}

// WorkOwner::random of the registered owners of this process.
class Registry {
 public:
  void Add(const std::string& random) {
    const MutexLock lock(&mutex_);
    owners_.insert(random);
  }
  void Remove(const std::string& random) {
    const MutexLock lock(&mutex_);
    owners_.erase(random);
  }
  bool Contains(const std::string& random) {
    const MutexLock lock(&mutex_);
    return owners_.contains(random);
  }

 private:
  Mutex mutex_;
  std::set<std::string> owners_ ABSL_GUARDED_BY(mutex_);
};

Registry& TheRegistry() {
  static Registry registry;
  return registry;
}

std::string RandomName() {
  std::array<uint8_t, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return {};
  }
  std::string name;
  for (const uint8_t byte : bytes) {
    name += fmt::format("{:02x}", byte);
  }
  return name;
}

}  // namespace

std::string BootId() {
  static const std::string kId = FirstLine(ReadSystemFile("/proc/sys/kernel/random/boot_id"));
  return kId;
}

std::string MachineName(const WorkOwner& owner) { return owner.host.substr(owner.host.find(' ') + 1); }

WorkOwner NewWorkOwner() {
  return {.host = HostName(),
          .boot = BootId(),
          .pid_namespace = PidNamespace(),
          .pid = getpid(),
          .start_time = OwnStartTime(),
          .random = RandomName()};
}

OwnerLife LifeOf(const WorkOwner& owner) {
  if (owner.host != HostName() || owner.boot.empty()) {
    return OwnerLife::kUnknown;
  }
  if (owner.boot != BootId()) {
    return OwnerLife::kDead;
  }
  if (owner.pid_namespace == 0 || owner.pid_namespace != PidNamespace() || owner.start_time == 0) {
    return OwnerLife::kUnknown;
  }
  if (owner.pid == getpid() && owner.start_time == OwnStartTime()) {
    return TheRegistry().Contains(owner.random) ? OwnerLife::kAlive : OwnerLife::kDead;
  }
  const std::optional<ProcessState> process = StateOf(owner.pid);
  const bool alive =
      process.has_value() && process->start_time == owner.start_time && process->state != 'Z' && process->state != 'X';
  return alive ? OwnerLife::kAlive : OwnerLife::kDead;
}

OwnerRegistration::OwnerRegistration(const WorkOwner& owner) : random_(owner.random) { TheRegistry().Add(random_); }

OwnerRegistration::~OwnerRegistration() { TheRegistry().Remove(random_); }

}  // namespace calotype
