// Pixels in memory: 8-bit sRGB, three interleaved channels (R, G, B), rows without padding, upright.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace calotype {

// Owns its pixels. Can be moved; only Clone() copies. Safe to read from many threads.
class Image {
 public:
  static constexpr int kChannels = 3;

  Image() = default;
  // Pixels are left uninitialised: the caller writes all of them. Neither size may be negative.
  Image(int width, int height);
  // The moved-from image is empty.
  Image(Image&& other) noexcept
      : width_(std::exchange(other.width_, 0)),
        height_(std::exchange(other.height_, 0)),
        data_(std::move(other.data_)) {}
  Image& operator=(Image&& other) noexcept {
    width_ = std::exchange(other.width_, 0);
    height_ = std::exchange(other.height_, 0);
    data_ = std::move(other.data_);
    return *this;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  bool empty() const { return width_ == 0 || height_ == 0; }
  // Bytes from one row to the next.
  std::size_t stride() const { return static_cast<std::size_t>(width_) * kChannels; }
  std::span<const uint8_t> pixels() const { return {data_.get(), stride() * static_cast<std::size_t>(height_)}; }
  std::span<uint8_t> pixels() { return {data_.get(), stride() * static_cast<std::size_t>(height_)}; }
  const uint8_t* row(int y) const { return data_.get() + stride() * static_cast<std::size_t>(y); }
  uint8_t* row(int y) { return data_.get() + stride() * static_cast<std::size_t>(y); }

  Image Clone() const;

 private:
  int width_ = 0;
  int height_ = 0;
  std::unique_ptr<uint8_t[]> data_;
};

}  // namespace calotype
