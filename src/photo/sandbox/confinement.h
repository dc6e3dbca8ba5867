// Gives up, in a child process, everything that reading photos does not need. It cannot be undone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "photo/sandbox/last_words.h"

namespace calotype {

struct Confinement {
  bool sandbox = true;         // false: only the limits of resources
  bool reads_fonts = false;    // may open the fonts of the system for reading
  int64_t memory_bytes = 0;    // that may be allocated from now on; 0: no limit
  int newest_landlock = 1000;  // a higher ABI of Landlock is not used; for tests
};

struct ConfinementReport {
  std::vector<std::string> protections;  // ReaderReport
  std::vector<std::string> missing;
};

// For the whole process:
//   resources   no core dumps, 64 open files, files of at most 4 GB (pictures in memory), memory
//   privileges  none can be gained (no_new_privs)
//   Landlock    no file can be opened, no port bound or connected to (as far as the kernel's version has it)
//   seccomp     an allow-list of system calls: memory, time, threads of this process, the channel. Any other call ends
//               the process with SIGSYS, and `words` names it; but opening a file of the system that libraries look for
//               (a list of CPUs, a time zone) only fails.
// What the kernel lacks is left out and reported. An error is returned when seccomp, which every kernel in use has,
// does not work for another reason. Call it when all libraries are loaded, on the main thread; `words` must outlive the
// process's work.
StatusOr<ConfinementReport> Confine(const Confinement& confinement, LastWords& words);

// Limits of this process that are part of the build: sanitizers reserve terabytes of addresses, and their reports need
// other system calls.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace calotype
