// Pixels in memory: 8-bit sRGB, three interleaved channels (R, G, B), rows without padding, upright.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "photo/pixel_memory.h"

namespace calotype {

// Owns its pixels. Can be moved; only Clone() copies. Safe to read from many threads.
class Image {
 public:
  static constexpr int kChannels = 3;

  Image() = default;
  // Pixels are left uninitialised: the caller writes all of them. Neither size may be negative.
  Image(int width, int height);
  // Of pixels that are there: `memory` holds those of width x height.
  Image(int width, int height, PixelMemory memory) : width_(width), height_(height), memory_(std::move(memory)) {}
  // The moved-from image is empty.
  Image(Image&& other) noexcept
      : width_(std::exchange(other.width_, 0)),
        height_(std::exchange(other.height_, 0)),
        memory_(std::move(other.memory_)) {}
  Image& operator=(Image&& other) noexcept {
    width_ = std::exchange(other.width_, 0);
    height_ = std::exchange(other.height_, 0);
    memory_ = std::move(other.memory_);
    return *this;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  bool empty() const { return width_ == 0 || height_ == 0; }
  // Bytes from one row to the next.
  std::size_t stride() const { return static_cast<std::size_t>(width_) * kChannels; }
  std::span<const uint8_t> pixels() const { return {memory_.data(), stride() * static_cast<std::size_t>(height_)}; }
  std::span<uint8_t> pixels() { return {memory_.data(), stride() * static_cast<std::size_t>(height_)}; }
  const uint8_t* row(int y) const { return memory_.data() + stride() * static_cast<std::size_t>(y); }
  uint8_t* row(int y) { return memory_.data() + stride() * static_cast<std::size_t>(y); }

  Image Clone() const;

 private:
  int width_ = 0;
  int height_ = 0;
  PixelMemory memory_;
};

}  // namespace calotype
