#include "photo/sandbox/system_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/file.h"
#include "photo/sandbox/channel.h"

namespace calotype {
namespace {

// Names that an architecture lacks are left out (poll, time and others of x86-64).
constexpr std::array kAllowed = {
    // Memory
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "membarrier", "memfd_create", "ftruncate",
    // Open files
    "read", "pread64", "readv", "preadv", "lseek", "fstat", "close", "pipe2", "eventfd2", "poll", "ppoll", "pselect6",
    // Threads of this process
    "futex", "set_robust_list", "rseq", "gettid", "getpid", "sched_yield", "sched_getaffinity", "sched_getparam",
    "sched_getscheduler", "sched_getattr", "sched_get_priority_max", "sched_get_priority_min", "getpriority", "getcpu",
    "set_tid_address", "exit", "exit_group",
    // Signals of this process
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    // Time
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "setitimer", "alarm",
    // What the process may know about itself and the machine
    "getrandom", "umask", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrlimit", "getrusage", "sysinfo",
    "uname", "times"};

// To look for a file or to change a priority is refused, and libraries go on without it.
constexpr std::array kNotFound = {"access", "faccessat", "faccessat2", "stat",   "lstat",
                                  "statx",  "readlink",  "readlinkat", "getcwd", "statfs"};
constexpr std::array kNotPermitted = {"sched_setaffinity", "sched_setattr", "sched_setscheduler",
                                      "setpriority",       "mlock",         "mbind",
                                      "set_mempolicy",     "get_mempolicy"};
// For fonts.
constexpr std::array kOfFonts = {"access",     "faccessat", "faccessat2", "stat",       "lstat",
                                 "newfstatat", "statx",     "readlink",   "readlinkat", "getdents64",
                                 "getcwd",     "statfs",    "fstatfs",    "fadvise64",  "dup"};
// fontconfig tries to store what it read.
constexpr std::array kStoresOfFonts = {"mkdir",  "mkdirat",  "link",  "linkat", "rename",   "renameat", "renameat2",
                                       "unlink", "unlinkat", "chmod", "fchmod", "fchmodat", "utimensat"};

// Opening one of these is refused without an end of the process: libraries look there when they first need it (the
// number of CPUs, tables of characters, memory for compiled loops). The last ones are the user's names of lenses for
// exiv2, below the home folder that users.cc does not name.
constexpr std::array<std::string_view, 9> kOpenedByLibraries = {
    "/sys/devices/", "/proc/", "/usr/", "/lib", "/etc/ld.so", "/etc/localtime", "/dev/null", "/.exiv2", ".exiv2"};
constexpr std::string_view kLoopsOfOrc = "orcexec.";

constexpr std::size_t kNames = 512;
using Name = std::array<char, LastWords::kMaxName>;

// For the signal handler, which may not allocate.
std::array<Name, kNames> names;
LastWords* last_words = nullptr;
bool refuses_all_files = false;  // without an end of the process

void NoteNames() {
  for (std::size_t number = 0; number < kNames; ++number) {
    char* const name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number));
    if (name != nullptr) {
      std::strncpy(names[number].data(), name, names[number].size() - 1);
      std::free(name);
    }
  }
}

struct Call {
  const char* path = nullptr;  // of an open()
  greg_t* result = nullptr;
};

// What the interrupted call was given, and where its result is.
#if defined(__x86_64__)
Call CallOf(int number, ucontext_t& context) {
  auto& registers = context.uc_mcontext.gregs;
  Call call{.result = &registers[REG_RAX]};
  if (number == SYS_open || number == SYS_openat) {
    const greg_t path = registers[number == SYS_open ? REG_RDI : REG_RSI];
    call.path = reinterpret_cast<const char*>(path);  // NOLINT(performance-no-int-to-ptr): that is what it is
  }
  return call;
}
#elif defined(__aarch64__)
Call CallOf(int number, ucontext_t& context) {
  auto& registers = context.uc_mcontext.regs;
  Call call{.result = reinterpret_cast<greg_t*>(registers)};
  if (number == SYS_openat) {
    call.path = reinterpret_cast<const char*>(registers[1]);  // NOLINT(performance-no-int-to-ptr): that is what it is
  }
  return call;
}
#else
Call CallOf(int /*number*/, ucontext_t& /*context*/) { return {}; }
#endif

bool IsOpenedByLibraries(const char* path) {
  const std::string_view name(path);
  return name.find(kLoopsOfOrc) != std::string_view::npos ||
         std::ranges::any_of(kOpenedByLibraries, [&](std::string_view known) { return name.starts_with(known); });
}

void OnForbiddenCall(int /*signal*/, siginfo_t* info, void* context) {
  const int number = info->si_syscall;
  const Call call = CallOf(number, *static_cast<ucontext_t*>(context));
  if (call.path != nullptr && (refuses_all_files || IsOpenedByLibraries(call.path))) {
    *call.result = -ENOENT;
    return;
  }
  if (number >= 0 && static_cast<std::size_t>(number) < kNames) {
    std::ranges::copy(names[static_cast<std::size_t>(number)], last_words->call.begin());
  }
  last_words->cause = LastCause::kForbiddenCall;
  // The signal that is raised here ends the process when this handler returns.
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  sigaction(SIGSYS, &usual, nullptr);
  raise(SIGSYS);
}

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_TRAP)) {}

  template <typename Names>
  void Add(uint32_t action, const Names& calls) {
    for (const char* const name : calls) {
      Add(action, name, {});
    }
  }

  // Calls that this architecture or libseccomp does not know are left out. Any rule of a name that holds counts.
  void Add(uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> arguments) {
    const int number = seccomp_syscall_resolve_name(name);
    if (context_ == nullptr || number == __NR_SCMP_ERROR || number < 0) {
      return;
    }
    const int failed = seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(arguments.size()),
                                              arguments.begin());
    error_ = error_ == 0 ? -failed : error_;
  }

  Status Load() {
    if (context_ == nullptr) {
      return absl::ResourceExhaustedError("no memory for a seccomp filter");
    }
    constexpr uint32_t kSearchTree = 2;
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, kSearchTree);        // older libraries lack it
    const int failed = seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);  // all threads
    error_ = error_ == 0 ? -failed : error_;
    error_ = error_ == 0 ? -seccomp_load(context_.get()) : error_;
    return error_ == 0 ? absl::OkStatus() : ErrnoStatus(error_, "cannot load a seccomp filter");
  }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };

  std::unique_ptr<void, Release> context_;
  int error_ = 0;
};

scmp_arg_cmp Equal(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp NotEqual(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_NE, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp Masked(unsigned argument, uint64_t mask, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

// Rules that depend on arguments.
void AddConditions(Filter& filter) {
  constexpr uint64_t kThread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
  filter.Add(SCMP_ACT_ALLOW, "clone", {Masked(0, kThread, kThread)});
  // Its flags are in memory, which a filter cannot read; without it, the C library uses clone.
  filter.Add(SCMP_ACT_ERRNO(ENOSYS), "clone3", {});
  for (const char* const name : {"sendmsg", "recvmsg"}) {
    filter.Add(SCMP_ACT_ALLOW, name, {Equal(0, kChannelDescriptor)});
  }
  for (const char* const name : {"write", "writev"}) {
    filter.Add(SCMP_ACT_ALLOW, name, {NotEqual(0, STDOUT_FILENO)});
  }
  for (const uint64_t operation : {F_GETFD, F_SETFD, F_GETFL, F_ADD_SEALS, F_GET_SEALS}) {
    filter.Add(SCMP_ACT_ALLOW, "fcntl", {Equal(1, operation)});
  }
  for (const uint64_t option : {uint64_t{PR_SET_NAME}, uint64_t{PR_SET_VMA}}) {
    filter.Add(SCMP_ACT_ALLOW, "prctl", {Equal(0, option)});
  }
  // getrlimit(): of this process, without a new limit.
  filter.Add(SCMP_ACT_ALLOW, "prlimit64", {Equal(0, 0), Equal(2, 0)});
  filter.Add(SCMP_ACT_ERRNO(ENOTTY), "ioctl", {});
  // abort() sends a signal to its own thread.
  filter.Add(SCMP_ACT_ALLOW, "tgkill", {Equal(0, static_cast<uint64_t>(getpid()))});
}

}  // namespace

Status AllowOnlyNeededCalls(bool reads_fonts, LastWords& words) {
  NoteNames();
  last_words = &words;
  struct sigaction action{};
  action.sa_sigaction = OnForbiddenCall;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);

  Filter filter;
  filter.Add(SCMP_ACT_ALLOW, kAllowed);
  AddConditions(filter);
  filter.Add(SCMP_ACT_ERRNO(EPERM), kNotPermitted);
  if (reads_fonts) {
    constexpr uint64_t kChanges = O_ACCMODE | O_CREAT | O_TRUNC;
    refuses_all_files = true;
    filter.Add(SCMP_ACT_ALLOW, kOfFonts);
    filter.Add(SCMP_ACT_ERRNO(EPERM), kStoresOfFonts);
    filter.Add(SCMP_ACT_ALLOW, "open", {Masked(1, kChanges, O_RDONLY)});
    filter.Add(SCMP_ACT_ALLOW, "openat", {Masked(2, kChanges, O_RDONLY)});
  } else {
    filter.Add(SCMP_ACT_ERRNO(ENOENT), kNotFound);
    // With an empty name it is the fstat() of newer C libraries.
    filter.Add(SCMP_ACT_ALLOW, "newfstatat", {Equal(3, AT_EMPTY_PATH)});
    filter.Add(SCMP_ACT_ERRNO(ENOENT), "newfstatat", {NotEqual(3, AT_EMPTY_PATH)});
  }
  return filter.Load();
}

}  // namespace calotype
