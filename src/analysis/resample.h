// Resamples exactly as Pillow does, bit for bit: the filter grows with the reduction, so every pixel counts. Most
// published image models were trained and measured with it.
#pragma once

#include "photo/image.h"

namespace calotype {

// Pillow's Image.Resampling.BILINEAR, BICUBIC (a = -0.5) and LANCZOS (three lobes).
enum class ResampleFilter { kBilinear, kBicubic, kLanczos };

// A rectangle in pixels of the scaled image.
struct ResampleWindow {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// Scales `image` to width x height. Returns an empty image for an empty image or a side of 0. Thread-safe.
Image Resample(const Image& image, int width, int height, ResampleFilter filter);

// Returns the part `window` of Resample(image, width, height, filter), at no more than the cost of that part. Clipped
// to the scaled image; empty when nothing is left.
Image ResamplePart(const Image& image, int width, int height, ResampleFilter filter, const ResampleWindow& window);

}  // namespace calotype
