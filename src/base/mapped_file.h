// A file mapped into memory. The system reads pages when they are first touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "base/status.h"

namespace calotype {

// Movable: bytes() keep their address. The file may be replaced or removed while it is mapped, but it must not be
// truncated: touching a page past the new end kills the process (SIGBUS).
class MappedFile {
 public:
  // Returns the errors of OpenForReading(). An empty file gives empty bytes().
  static StatusOr<MappedFile> Open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const uint8_t> bytes() const { return bytes_; }

  // Lets the system drop the pages from this process's memory. They are read again when touched.
  void Release() const;

 private:
  explicit MappedFile(std::span<uint8_t> bytes) : bytes_(bytes) {}

  std::span<uint8_t> bytes_;
};

}  // namespace calotype
