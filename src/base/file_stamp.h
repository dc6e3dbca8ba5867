// What the system says about a file. A later comparison shows whether the file was changed meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/file_system.h"
#include "base/status.h"

namespace calotype {

// Times are nanoseconds since 1970. `ctime_ns` is the time of the last change of content or metadata, which no program
// can set: it shows changes by editors that put the old `mtime_ns` back. A stamp that was stored before Calotype kept
// ctime and inode has 0 in both.
struct FileStamp {
  int64_t size = 0;  // bytes
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;

  bool operator==(const FileStamp&) const = default;
};

// The stamp of an open file. The error is the system's own.
StatusOr<FileStamp> StampOfFile(int descriptor);
// The stamp of the file at `path`; follows links.
StatusOr<FileStamp> StampOfFile(const std::filesystem::path& path);

enum class StampMatch : uint8_t {
  kSame,             // the file was not changed
  kSameButOutdated,  // the same, but the stored stamp lacks ctime and inode: store the one that was seen
  kChanged,          // the file must be read again
};

// Compares the stamp that was stored with the one that was seen now. This is the only place that knows the rule:
// - Another size, mtime or ctime is a change.
// - Another inode is a change only where HasStableInodes(file_system); elsewhere it is ignored.
// - A stored stamp without ctime and inode is accepted once: equal size and mtime give kSameButOutdated.
StampMatch CompareStamps(const FileStamp& stored, const FileStamp& seen, FileSystemKind file_system);

}  // namespace calotype
