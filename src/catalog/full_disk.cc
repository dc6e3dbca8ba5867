#include "catalog/full_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <limits>

namespace calotype {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

std::atomic<int64_t> first_failure{kNever};
std::atomic<int64_t> tried{0};

bool IsFull() { return ++tried >= first_failure; }

// SQLite allocates one block for both; its own file object follows this one.
struct File {
  sqlite3_file base;
};
sqlite3_file* Real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }

// Calls a method of SQLite's own file.
template <auto kMethod, typename... Args>
auto Forward(sqlite3_file* file, Args... args) {
  return (Real(file)->pMethods->*kMethod)(Real(file), args...);
}

int Write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
  return IsFull() ? SQLITE_FULL : Forward<&sqlite3_io_methods::xWrite>(file, data, bytes, at);
}

// The file with the shared memory grows too.
int MapShared(sqlite3_file* file, int region, int bytes, int extend, void volatile** memory) {
  return extend != 0 && first_failure != kNever && tried >= first_failure
             ? SQLITE_FULL
             : Forward<&sqlite3_io_methods::xShmMap>(file, region, bytes, extend, memory);
}

using Methods = sqlite3_io_methods;
const Methods kMethods = {
    .iVersion = 3,
    .xClose = Forward<&Methods::xClose>,
    .xRead = Forward<&Methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = Write,
    .xTruncate = Forward<&Methods::xTruncate, sqlite3_int64>,
    .xSync = Forward<&Methods::xSync, int>,
    .xFileSize = Forward<&Methods::xFileSize, sqlite3_int64*>,
    .xLock = Forward<&Methods::xLock, int>,
    .xUnlock = Forward<&Methods::xUnlock, int>,
    .xCheckReservedLock = Forward<&Methods::xCheckReservedLock, int*>,
    .xFileControl = Forward<&Methods::xFileControl, int, void*>,
    .xSectorSize = Forward<&Methods::xSectorSize>,
    .xDeviceCharacteristics = Forward<&Methods::xDeviceCharacteristics>,
    .xShmMap = MapShared,
    .xShmLock = Forward<&Methods::xShmLock, int, int, int>,
    .xShmBarrier = Forward<&Methods::xShmBarrier>,
    .xShmUnmap = Forward<&Methods::xShmUnmap, int>,
    .xFetch = Forward<&Methods::xFetch, sqlite3_int64, int, void**>,
    .xUnfetch = Forward<&Methods::xUnfetch, sqlite3_int64, void*>,
};

sqlite3_vfs* RealVfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = RealVfs(vfs)->xOpen(RealVfs(vfs), name, Real(file), flags, out_flags);
  file->pMethods = code == SQLITE_OK ? &kMethods : nullptr;
  return code;
}

// Replaces SQLite's file layer for the rest of the process. It changes nothing unless a FullDisk exists.
bool Install() {
  sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *real;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  vfs.zName = "full_disk";
  vfs.pAppData = real;
  vfs.xOpen = Open;
  return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
}

}  // namespace

FullDisk::FullDisk(int64_t first) {
  static const bool kInstalled = Install();
  static_cast<void>(kInstalled);
  tried = 0;
  first_failure = first;
}

FullDisk::~FullDisk() { first_failure = kNever; }

int64_t FullDisk::writes() { return tried; }

}  // namespace calotype
