#include "photo/image.h"

#include <algorithm>

namespace calotype {

Image::Image(int width, int height)
    : width_(width),
      height_(height),
      memory_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kChannels) {}

Image Image::Clone() const {
  Image copy(width_, height_);
  std::ranges::copy(pixels(), copy.pixels().begin());
  return copy;
}

}  // namespace calotype
