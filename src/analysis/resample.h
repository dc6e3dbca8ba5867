// Resampling as Pillow does it, bit for bit: a filter whose support grows with the reduction, so that every pixel
// counts. What most published image models were trained and are measured with.
#pragma once

#include "photo/image.h"

namespace calotype {

// Pillow's names: Image.Resampling.BILINEAR, BICUBIC (a = -0.5) and LANCZOS (three lobes).
enum class ResampleFilter { kBilinear, kBicubic, kLanczos };

// A rectangle of the scaled image, in its pixels.
struct ResampleWindow {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// All of `image`, scaled to width x height. An empty image, or a side of 0, gives an empty image. Pure; any thread.
Image Resample(const Image& image, int width, int height, ResampleFilter filter);

// The part `window` of Resample(image, width, height, filter), equal to it and at no more than the part's cost. Clipped
// to the scaled image; empty when nothing is left.
Image ResamplePart(const Image& image, int width, int height, ResampleFilter filter, const ResampleWindow& window);

}  // namespace calotype
