#include "photo/pixel_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

namespace calotype {

PixelMemory::PixelMemory(std::size_t bytes) : data_(new uint8_t[bytes]) {}

void PixelMemory::Free() {
  if (mapped_ > 0) {
    munmap(data_, mapped_);
  } else {
    delete[] data_;
  }
  data_ = nullptr;
  mapped_ = 0;
}

StatusOr<PixelMemory> PixelMemory::Map(const UniqueFd& file, std::size_t bytes) {
  struct stat info{};
  if (bytes == 0 || !IsSealed(file) || fstat(file.get(), &info) != 0 ||
      static_cast<std::size_t>(info.st_size) < bytes) {
    return absl::InvalidArgumentError(fmt::format("a file with {} bytes of pixels is not sealed, or too short", bytes));
  }
  // All pages at once, since one by one they would take a fault each. Writing is allowed afterwards: pages that may be
  // written when they are mapped are copied at once.
  void* const at = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (at == MAP_FAILED) {
    return ErrnoStatus(errno, "cannot map pixels");
  }
  PixelMemory memory;
  memory.data_ = static_cast<uint8_t*>(at);
  memory.mapped_ = bytes;
  if (mprotect(at, bytes, PROT_READ | PROT_WRITE) != 0) {
    return ErrnoStatus(errno, "cannot map pixels");
  }
  return memory;
}

}  // namespace calotype
