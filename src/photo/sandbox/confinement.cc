#include "photo/sandbox/confinement.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "photo/sandbox/landlock.h"
#include "photo/sandbox/system_calls.h"

namespace calotype {
namespace {

constexpr rlim_t kOpenFiles = 64;
// Pictures in memory are files, too.
constexpr rlim_t kFileBytes = rlim_t{4} << 30;

// Where fontconfig and Pango look, beside the user's own folders.
std::vector<std::string> FontFolders() {
  std::vector<std::string> folders = {
      "/usr/share", "/usr/local/share", "/etc/fonts", "/var/cache/fontconfig", "/usr/lib", "/lib"};
  if (const char* const home = std::getenv("HOME"); home != nullptr) {
    for (const char* const below : {".fonts", ".local/share/fonts", ".config/fontconfig", ".cache/fontconfig"}) {
      folders.push_back(fmt::format("{}/{}", home, below));
    }
  }
  return folders;
}

int64_t AddressBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// A lower limit that whoever started the program set for good (ulimit) stays.
Status Limit(int resource, rlim_t value) {
  const auto kind = static_cast<__rlimit_resource>(resource);
  rlimit limit{};
  if (getrlimit(kind, &limit) != 0) {
    return ErrnoStatus(errno, "cannot read the limit of a resource");
  }
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(kind, &limit) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "cannot limit a resource");
}

Status LimitResources(int64_t memory_bytes, ConfinementReport& report) {
  CALOTYPE_RETURN_IF_ERROR(Limit(RLIMIT_CORE, 0));
  CALOTYPE_RETURN_IF_ERROR(Limit(RLIMIT_NOFILE, kOpenFiles));
  CALOTYPE_RETURN_IF_ERROR(Limit(RLIMIT_FSIZE, kFileBytes));
  if (kSanitized) {
    report.missing.emplace_back("memory limit (sanitizers reserve too much memory)");
  } else if (memory_bytes > 0) {
    CALOTYPE_RETURN_IF_ERROR(Limit(RLIMIT_AS, static_cast<rlim_t>(AddressBytes() + memory_bytes)));
    report.protections.emplace_back("memory limit");
  }
  return absl::OkStatus();
}

int64_t Threads() {
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  return error ? 1 : std::distance(begin(threads), end(threads));
}

// Landlock holds for the calling thread and those that it starts.
Status ApplyLandlock(const Confinement& confinement, ConfinementReport& report) {
  const int version = std::min(LandlockVersion(), confinement.newest_landlock);
  if (version == 0) {
    report.missing.emplace_back("Landlock (Linux 5.13 or newer, switched on)");
    return absl::OkStatus();
  }
  if (Threads() > 1) {
    report.missing.emplace_back("Landlock (a library has started threads)");
    return absl::OkStatus();
  }
  const std::vector<std::string> readable = confinement.reads_fonts ? FontFolders() : std::vector<std::string>();
  CALOTYPE_RETURN_IF_ERROR(RestrictWithLandlock(version, readable));
  report.protections.push_back(fmt::format("Landlock ABI {}", version));
  if (version < 4) {
    report.missing.emplace_back("Landlock for the network (ABI 4, Linux 6.7)");
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<ConfinementReport> Confine(const Confinement& confinement, LastWords& words) {
  ConfinementReport report;
  CALOTYPE_RETURN_IF_ERROR(LimitResources(confinement.memory_bytes, report));
  if (!confinement.sandbox) {
    report.missing.emplace_back("seccomp and Landlock (switched off: scan.sandbox)");
    return report;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return ErrnoStatus(errno, "no_new_privs");
  }
  CALOTYPE_RETURN_IF_ERROR(ApplyLandlock(confinement, report));
  if (kSanitized) {
    report.missing.emplace_back("seccomp (sanitizers need more system calls)");
    return report;
  }
  CALOTYPE_RETURN_IF_ERROR(AllowOnlyNeededCalls(confinement.reads_fonts, words));
  report.protections.emplace_back("seccomp");
  return report;
}

}  // namespace calotype
