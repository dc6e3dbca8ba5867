// Preloaded (LD_PRELOAD), it makes calls on files fail at random, in the program and in the processes that it starts. What
// fails stands in the file PRELOADED.faults, since child processes get no variables of tests:
//
//     seed=7 per_mille=20 kinds=eio,short folder=/where/files/are
//
// Only regular files below the folder are affected; in a process that may not look at paths, all of that file system. The
// kinds: short (a part is read or written), eintr, eio, enospc (of what writes), estale (of what opens, looks or reads), slow.
// How many calls failed is added up in PRELOADED.count, 8 bytes in the order of this machine.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum Kind { kShort = 1, kInterrupted = 2, kIo = 4, kFull = 8, kStale = 16, kSlow = 32 };
static const char* const kNames[] = {"short", "eintr", "eio", "enospc", "estale", "slow"};

static unsigned kinds;
static unsigned per_mille;
static char folder[PATH_MAX];
static dev_t device;
static _Atomic uint64_t state;
static _Atomic uint64_t* failed;  // shared with the other processes

static uint64_t Random(void) {  // SplitMix64
  uint64_t z = atomic_fetch_add(&state, 0x9E3779B97F4A7C15U) + 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

static void* Real(const char* name) { return dlsym(RTLD_NEXT, name); }
#define REAL(name) \
  static __typeof__(name)* real; \
  if (real == NULL) { \
    *(void**)&real = Real(#name); \
  }

static void ReadRules(const char* text) {
  const char* const seed = strstr(text, "seed=");
  const char* const rate = strstr(text, "per_mille=");
  const char* const list = strstr(text, "kinds=");
  const char* const below = strstr(text, "folder=");
  if (seed == NULL || rate == NULL || list == NULL || below == NULL) {
    return;
  }
  state = strtoull(seed + strlen("seed="), NULL, 10);
  per_mille = (unsigned)strtoul(rate + strlen("per_mille="), NULL, 10);
  sscanf(below + strlen("folder="), "%4095s", folder);
  char names[256] = "";
  sscanf(list + strlen("kinds="), "%255s", names);
  for (unsigned i = 0; i < sizeof kNames / sizeof *kNames; ++i) {
    kinds |= strstr(names, kNames[i]) != NULL ? 1U << i : 0;
  }
  struct stat info;
  device = stat(folder, &info) == 0 ? info.st_dev : 0;
}

__attribute__((constructor)) static void Start(void) {
  Dl_info self;
  char path[PATH_MAX];
  if (dladdr((void*)Start, &self) == 0) {
    return;
  }
  snprintf(path, sizeof path, "%s.count", self.dli_fname);
  const int count = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (count >= 0 && ftruncate(count, sizeof *failed) == 0) {
    void* const shared = mmap(NULL, sizeof *failed, PROT_READ | PROT_WRITE, MAP_SHARED, count, 0);
    failed = shared == MAP_FAILED ? NULL : shared;
  }
  snprintf(path, sizeof path, "%s.faults", self.dli_fname);
  const int rules = open(path, O_RDONLY | O_CLOEXEC);
  char text[PATH_MAX + 256];
  const ssize_t length = rules < 0 ? 0 : read(rules, text, sizeof text - 1);
  text[length < 0 ? 0 : length] = '\0';
  close(rules);
  close(count);
  ReadRules(text);
}

static bool IsBelow(const char* path) {
  const size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool IsOurs(int file) {
  char link[64];
  char path[PATH_MAX];
  struct stat info;
  const int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  bool ours = false;
  if (length >= 0) {
    path[length] = '\0';
    ours = IsBelow(path);
  } else {
    REAL(fstat)
    ours = real(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_dev == device;
  }
  errno = before;
  return ours;
}

// Which of these kinds happens now; 0: none.
static unsigned Chosen(unsigned possible) {
  possible &= kinds;
  if (possible == 0 || Random() % 1000 >= per_mille) {
    return 0;
  }
  unsigned kind = 0;
  while ((kind & possible) == 0) {
    kind = 1U << Random() % (sizeof kNames / sizeof *kNames);
  }
  if (failed != NULL) {
    atomic_fetch_add(failed, 1);
  }
  if (kind == kSlow) {
    const struct timespec moment = {.tv_sec = 0, .tv_nsec = (long)(Random() % 20000000)};
    nanosleep(&moment, NULL);
    return 0;
  }
  return kind;
}

static int ErrorOf(unsigned kind) {
  return kind == kInterrupted ? EINTR : kind == kFull ? ENOSPC : kind == kStale ? ESTALE : EIO;
}

// True when the call fails; errno is set then. `size` becomes smaller for a short one.
static bool Fails(int file, unsigned possible, size_t* size) {
  if (per_mille == 0 || !IsOurs(file)) {
    return false;
  }
  const unsigned kind = Chosen(possible);
  if (kind == kShort) {
    *size = *size > 1 ? 1 + Random() % (*size - 1) : *size;
    return false;
  }
  if (kind != 0) {
    errno = ErrorOf(kind);
  }
  return kind != 0;
}

static bool PathFails(const char* path, unsigned possible) {
  const unsigned kind = per_mille == 0 || path == NULL || !IsBelow(path) ? 0 : Chosen(possible);
  if (kind != 0) {
    errno = ErrorOf(kind);
  }
  return kind != 0;
}

static const unsigned kOfReading = kShort | kInterrupted | kIo | kStale | kSlow;
static const unsigned kOfWriting = kShort | kInterrupted | kIo | kFull | kSlow;

ssize_t read(int file, void* data, size_t size) {
  REAL(read)
  return Fails(file, kOfReading, &size) ? -1 : real(file, data, size);
}
ssize_t pread(int file, void* data, size_t size, off_t at) {
  REAL(pread)
  return Fails(file, kOfReading, &size) ? -1 : real(file, data, size, at);
}
ssize_t pread64(int file, void* data, size_t size, off64_t at) {
  REAL(pread64)
  return Fails(file, kOfReading, &size) ? -1 : real(file, data, size, at);
}
// What a program with _FORTIFY_SOURCE calls; the C library checks the size.
ssize_t __read_chk(int file, void* data, size_t size, size_t room) {
  return size > room ? (abort(), -1) : read(file, data, size);
}
ssize_t __pread_chk(int file, void* data, size_t size, off_t at, size_t room) {
  return size > room ? (abort(), -1) : pread(file, data, size, at);
}
ssize_t __pread64_chk(int file, void* data, size_t size, off64_t at, size_t room) {
  return size > room ? (abort(), -1) : pread64(file, data, size, at);
}
ssize_t write(int file, const void* data, size_t size) {
  REAL(write)
  return Fails(file, kOfWriting, &size) ? -1 : real(file, data, size);
}
ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  REAL(pwrite)
  return Fails(file, kOfWriting, &size) ? -1 : real(file, data, size, at);
}
ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  REAL(pwrite64)
  return Fails(file, kOfWriting, &size) ? -1 : real(file, data, size, at);
}
int fsync(int file) {
  REAL(fsync)
  size_t none = 0;
  return Fails(file, kIo | kFull | kSlow, &none) ? -1 : real(file);
}
int fdatasync(int file) {
  REAL(fdatasync)
  size_t none = 0;
  return Fails(file, kIo | kFull | kSlow, &none) ? -1 : real(file);
}
int ftruncate(int file, off_t size) {
  REAL(ftruncate)
  size_t none = 0;
  return Fails(file, kInterrupted | kIo | kFull | kSlow, &none) ? -1 : real(file, size);
}
int ftruncate64(int file, off64_t size) {
  REAL(ftruncate64)
  size_t none = 0;
  return Fails(file, kInterrupted | kIo | kFull | kSlow, &none) ? -1 : real(file, size);
}

static bool Creates(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }
static mode_t ModeOf(int flags, va_list arguments) { return Creates(flags) ? va_arg(arguments, mode_t) : 0; }
// An empty file still fits on most disks that are full.
static const unsigned kOfOpening = kIo | kStale | kSlow;
#define OPEN(name) \
  int name(const char* path, int flags, ...) { \
    REAL(name) \
    va_list arguments; \
    va_start(arguments, flags); \
    const mode_t mode = ModeOf(flags, arguments); \
    va_end(arguments); \
    return PathFails(path, kOfOpening) ? -1 : real(path, flags, mode); \
  }
#define OPENAT(name) \
  int name(int at, const char* path, int flags, ...) { \
    REAL(name) \
    va_list arguments; \
    va_start(arguments, flags); \
    const mode_t mode = ModeOf(flags, arguments); \
    va_end(arguments); \
    return PathFails(path, kOfOpening) ? -1 : real(at, path, flags, mode); \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int stat(const char* restrict path, struct stat* restrict info) {
  REAL(stat)
  return PathFails(path, kIo | kStale | kSlow) ? -1 : real(path, info);
}
int lstat(const char* restrict path, struct stat* restrict info) {
  REAL(lstat)
  return PathFails(path, kIo | kStale | kSlow) ? -1 : real(path, info);
}
int fstat(int file, struct stat* info) {
  REAL(fstat)
  size_t none = 0;
  return Fails(file, kIo | kStale | kSlow, &none) ? -1 : real(file, info);
}
int rename(const char* from, const char* to) {
  REAL(rename)
  return PathFails(to, kIo | kFull | kStale | kSlow) ? -1 : real(from, to);
}
int mkdir(const char* path, mode_t mode) {
  REAL(mkdir)
  return PathFails(path, kIo | kFull | kSlow) ? -1 : real(path, mode);
}
int unlink(const char* path) {
  REAL(unlink)
  return PathFails(path, kIo | kStale | kSlow) ? -1 : real(path);
}
DIR* opendir(const char* path) {
  REAL(opendir)
  return PathFails(path, kIo | kStale | kSlow) ? NULL : real(path);
}
struct dirent* readdir(DIR* stream) {
  REAL(readdir)
  size_t none = 0;
  return Fails(dirfd(stream), kIo | kStale | kSlow, &none) ? NULL : real(stream);
}
struct dirent64* readdir64(DIR* stream) {
  REAL(readdir64)
  size_t none = 0;
  return Fails(dirfd(stream), kIo | kStale | kSlow, &none) ? NULL : real(stream);
}
