// Resampling and layout shared by the analysers: image to tensor, crop, letterbox. Implemented with OpenCV,
// single-threaded. Coordinates are as in base/geometry.h: (0, 0) is the outer corner of the first pixel.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/geometry.h"
#include "inference/tensor.h"
#include "photo/image.h"

namespace calotype {

// Maps pixel value p of the model's channel c to (p - mean[c]) / std[c]. Means and deviations are on the scale 0..255,
// in the model's channel order.
struct Normalisation {
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> std{1, 1, 1};
  bool bgr = false;  // the model's channel order is blue, green, red
};

// Scales an image: area averaging when it shrinks, bilinear when it grows. Returns an empty image for an empty image or
// a side of 0.
Image Resize(const Image& image, int width, int height);

// The ThumbHash of a picture of any size (photo/thumb_hash.h). A picture of 2000 pixels takes about 2 ms.
std::vector<uint8_t> ThumbHashOf(const Image& image);

// Scales from the four nearest pixels, even when shrinking skips pixels: the same as OpenCV's INTER_LINEAR and torch's
// interpolate without antialiasing. Returns an empty image for an empty image or a side of 0.
Image ResizeBilinear(const Image& image, int width, int height);

// Like ResizeBilinear(), but returns a float tensor [1, 3, height, width] and does not round to bytes before
// normalising.
Tensor ResizeToTensor(const Image& image, int width, int height, const Normalisation& normalisation);

// A part of `image`, clipped to it; empty when nothing is left.
Image Crop(const Image& image, int x, int y, int width, int height);

// Copies `part` into `image` with its top left corner at x, y. All of it must lie inside.
void Paste(const Image& part, int x, int y, Image& image);

// `image` scaled to fit a square, placed at the top left; the rest is black.
struct Letterboxed {
  Image image;
  float scale = 1;  // pixels of the square per pixel of the source
};
Letterboxed Letterbox(const Image& image, int size);

// Fits `image` into width x height as InsightFace does: sides truncated to whole pixels, sampled from the four nearest
// pixels even when pixels are skipped. `scale` is the scale of the height.
Letterboxed LetterboxBilinear(const Image& image, int width, int height);

// Converts `images`, all of the same size, to a float tensor [N, 3, H, W].
Tensor ToTensor(std::span<const Image> images, const Normalisation& normalisation);

// Writes the images one after another into `tensor`, float [N, 3, H, W]. Fills the space to the right of narrower
// images, below lower ones, and after the last one with 0.
void WriteToTensor(std::span<const Image> images, const Normalisation& normalisation, Tensor& tensor);

// The similarity transform x' = a x - b y + tx, y' = b x + a y + ty.
struct Similarity {
  float a = 1;
  float b = 0;
  float tx = 0;
  float ty = 0;
};

Point Apply(const Similarity& transform, const Point& point);

// The inverse transform. a and b must not both be zero.
Similarity Inverse(const Similarity& transform);

// The similarity that maps `from` to `to` with the least squared error (Umeyama 1991, without reflection). When all
// points of `from` are equal, it is only a translation.
Similarity FitSimilarity(std::span<const Point> from, std::span<const Point> to);

// Warps `image` by `transform` to width x height, bilinear, black outside. When it shrinks to less than half, averages
// pixels first so that none is skipped. The cost depends on the visible part, not on the whole photo.
Image WarpSimilarity(const Image& image, const Similarity& transform, int width, int height);

// Like WarpSimilarity(), but samples only the four nearest pixels, as OpenCV's warpAffine does, even when pixels are
// skipped.
Image WarpBilinear(const Image& image, const Similarity& transform, int width, int height);

}  // namespace calotype
