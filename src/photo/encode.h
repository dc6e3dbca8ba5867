// Encodes pixels to a file: for thumbnails and `show --render`.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/image.h"

namespace calotype {

// Returns a baseline JPEG with colour at half resolution (libjpeg's default). kInvalidArgument when `quality` is not 1
// to 100 or a side of `image` is not 1 to 65500 pixels (JPEG's own limit).
StatusOr<std::vector<uint8_t>> EncodeJpeg(const Image& image, int quality);

// Shrinks `image` to a long side of `long_side` pixels, never enlarging it, and encodes it as kJpeg, kWebp or kAvif
// without metadata. kUnimplemented if the libraries on this machine cannot write the format; kInvalidArgument for
// another format.
StatusOr<std::vector<uint8_t>> EncodeThumbnail(Image image, int long_side, PhotoFormat format);

}  // namespace calotype
