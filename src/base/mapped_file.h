// A file's bytes in memory without reading them: pages come from the system's cache when they are touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "base/status.h"

namespace calotype {

// Movable; bytes() stay where they are. The file may be replaced or removed meanwhile, but must not be cut short: a
// page that is gone kills the process (SIGBUS).
class MappedFile {
 public:
  // The errors of OpenForReading. An empty file has no bytes.
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

  // Gives the pages that were touched back: they count as memory of this process no longer, and come back when touched.
  void Release() const;

 private:
  explicit MappedFile(std::span<uint8_t> bytes) : bytes_(bytes) {}

  std::span<uint8_t> bytes_;
};

}  // namespace calotype
