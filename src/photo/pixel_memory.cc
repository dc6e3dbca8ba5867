#include "photo/pixel_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <new>
#include <span>

namespace calotype {
namespace {

// Smaller pictures are copied sooner than a file is made.
constexpr std::size_t kLarge = std::size_t{64} * 1024;

std::atomic<bool> in_files = false;

UniqueFd MakeFile(std::size_t bytes) {
  UniqueFd file(memfd_create("calotype-pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.get() < 0 || ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    throw std::bad_alloc();
  }
  return file;
}

}  // namespace

PixelMemory::PixelMemory(std::size_t bytes) {
  if (!in_files || bytes < kLarge) {
    data_ = new uint8_t[bytes];
    return;
  }
  file_ = MakeFile(bytes);
  void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (at == MAP_FAILED) {
    throw std::bad_alloc();
  }
  data_ = static_cast<uint8_t*>(at);
  mapped_ = bytes;
}

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

StatusOr<UniqueFd> PixelMemory::Seal(std::size_t bytes) && {
  UniqueFd file = std::move(file_);
  if (file.get() < 0) {
    CALOTYPE_ASSIGN_OR_RETURN(file, MakeMemoryFile("calotype-pixels", std::span<const uint8_t>(data_, bytes)));
    Free();
    return file;
  }
  Free();  // a writable mapping would forbid the seal
  CALOTYPE_RETURN_IF_ERROR(SealFile(file));
  return file;
}

void AllocatePixelsInFiles() { in_files = true; }

}  // namespace calotype
