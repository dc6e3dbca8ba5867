#include "base/file_system.h"

#include <fmt/format.h>
#include <sys/statfs.h>

#include <cerrno>

#include "base/file.h"

namespace calotype {

std::string_view FileSystemName(FileSystemKind kind) {
  switch (kind) {
    case FileSystemKind::kLocal:
      return "local";
    case FileSystemKind::kNfs:
      return "NFS";
    case FileSystemKind::kCifs:
      return "CIFS";
    case FileSystemKind::kFuse:
      return "FUSE";
    case FileSystemKind::kFat:
      return "FAT";
  }
  return "unknown";
}

bool HasStableInodes(FileSystemKind kind) { return kind == FileSystemKind::kLocal; }

FileSystemKind FileSystemKindOfType(uint64_t type) {
  // The upper half is the sign of a 32-bit number where f_type is a signed long.
  switch (type & 0xffffffffU) {
    case 0x6969:
      return FileSystemKind::kNfs;
    case 0x517b:      // SMB
    case 0xff534d42:  // CIFS
    case 0xfe534d42:  // SMB2 and later
      return FileSystemKind::kCifs;
    case 0x65735546:
      return FileSystemKind::kFuse;
    case 0x4d44:      // FAT
    case 0x2011bab0:  // exFAT
      return FileSystemKind::kFat;
    default:
      return FileSystemKind::kLocal;
  }
}

FileSystemKind FileSystemOf(int descriptor) {
  struct statfs info{};
  return fstatfs(descriptor, &info) == 0 ? FileSystemKindOfType(static_cast<uint64_t>(info.f_type))
                                         : FileSystemKind::kLocal;
}

StatusOr<FileSystemKind> FileSystemOf(const std::filesystem::path& path) {
  struct statfs info{};
  if (statfs(path.c_str(), &info) != 0) {
    return ErrnoStatus(errno, fmt::format("find the file system of {}", path.string()));
  }
  return FileSystemKindOfType(static_cast<uint64_t>(info.f_type));
}

}  // namespace calotype
