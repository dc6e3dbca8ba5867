// Encodes pixels to a file: for thumbnails and `show --render`.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "photo/image.h"

namespace calotype {

// Returns a baseline JPEG with colour at half resolution (libjpeg's default). kInvalidArgument when `quality` is not 1
// to 100 or a side of `image` is not 1 to 65500 pixels (JPEG's own limit).
StatusOr<std::vector<uint8_t>> EncodeJpeg(const Image& image, int quality);

}  // namespace calotype
