// The memory of pixels: on the heap, or a file in memory (memfd) that another process passed on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// Owns its bytes. Can be moved.
class PixelMemory {
 public:
  PixelMemory() = default;
  // `bytes` uninitialised bytes on the heap. Throws std::bad_alloc.
  explicit PixelMemory(std::size_t bytes);
  PixelMemory(PixelMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), mapped_(std::exchange(other.mapped_, 0)) {}
  PixelMemory& operator=(PixelMemory&& other) noexcept {
    if (this != &other) {
      Free();
      data_ = std::exchange(other.data_, nullptr);
      mapped_ = std::exchange(other.mapped_, 0);
    }
    return *this;
  }
  PixelMemory(const PixelMemory&) = delete;
  PixelMemory& operator=(const PixelMemory&) = delete;
  ~PixelMemory() { Free(); }

  // Returns the first `bytes` (at least one) of a sealed file (IsSealed() in base/file.h) that another process made.
  // Writing to them does not change the file. kInvalidArgument if the file is not sealed, or shorter.
  static StatusOr<PixelMemory> Map(const UniqueFd& file, std::size_t bytes);

  const uint8_t* data() const { return data_; }
  uint8_t* data() { return data_; }

 private:
  void Free();

  uint8_t* data_ = nullptr;
  std::size_t mapped_ = 0;  // 0: on the heap
};

}  // namespace calotype
