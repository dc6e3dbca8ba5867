#include "base/file_stamp.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"

namespace calotype {
namespace {

int64_t Nanoseconds(const timespec& time) {
  constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

FileStamp StampOf(const struct stat& info) {
  return {.size = info.st_size,
          .mtime_ns = Nanoseconds(info.st_mtim),
          .ctime_ns = Nanoseconds(info.st_ctim),
          .inode = info.st_ino};
}

}  // namespace

StatusOr<FileStamp> StampOfFile(int descriptor) {
  struct stat info{};
  if (fstat(descriptor, &info) != 0) {
    return ErrnoStatus(errno, "cannot read");
  }
  return StampOf(info);
}

StatusOr<FileStamp> StampOfFile(const std::filesystem::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    return ErrnoStatus(errno, "cannot read");
  }
  return StampOf(info);
}

StampMatch CompareStamps(const FileStamp& stored, const FileStamp& seen, FileSystemKind file_system) {
  if (stored.size != seen.size || stored.mtime_ns != seen.mtime_ns) {
    return StampMatch::kChanged;
  }
  if (stored.ctime_ns == 0 && stored.inode == 0) {
    return StampMatch::kSameButOutdated;
  }
  const bool other_inode = stored.inode != seen.inode && HasStableInodes(file_system);
  return stored.ctime_ns != seen.ctime_ns || other_inode ? StampMatch::kChanged : StampMatch::kSame;
}

}  // namespace calotype
