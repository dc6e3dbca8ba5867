// The kind of file system that holds a file: what can be relied on there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/status.h"

namespace calotype {

enum class FileSystemKind : uint8_t {
  kLocal,  // ext4, XFS, Btrfs, tmpfs, ... and all that are not named below
  kNfs,
  kCifs,  // SMB in all its versions
  kFuse,  // sshfs, NTFS-3G, rclone, ...
  kFat,   // FAT and exFAT: memory cards and USB sticks
};

// "NFS", "CIFS" ...
std::string_view FileSystemName(FileSystemKind kind);

// False where a file can get another inode number without being changed: when the file system is mounted again, or when
// the kernel's cache is emptied.
bool HasStableInodes(FileSystemKind kind);

// The kind for `type`, the f_type of statfs(2).
FileSystemKind FileSystemKindOfType(uint64_t type);

// The kind for an open file. kLocal when the system does not say.
FileSystemKind FileSystemOf(int descriptor);
// The kind for the file or folder at `path`; follows links. The error is the system's own (kNotFound, ...).
StatusOr<FileSystemKind> FileSystemOf(const std::filesystem::path& path);

}  // namespace calotype
