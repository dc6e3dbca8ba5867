// Resampling and layout shared by the analysers: image to tensor, crops, letterbox. Implemented with OpenCV, on the
// caller's thread alone. Coordinates as in base/geometry.h: (0, 0) is the outer corner of the first pixel.
#pragma once

#include <array>
#include <span>

#include "base/geometry.h"
#include "inference/tensor.h"
#include "photo/image.h"

namespace calotype {

// How pixel p of the model's channel c becomes a number: (p - mean[c]) / std[c], with means and deviations on the scale
// of 0..255, in the order in which the model takes its channels.
struct Normalisation {
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> std{1, 1, 1};
  bool bgr = false;  // the model wants blue first
};

// Area averaging when it shrinks, bilinear when it enlarges. An empty image, or a side of 0, gives an empty image.
Image Resize(const Image& image, int width, int height);

// From the four nearest pixels, also where it shrinks and skips some: OpenCV's INTER_LINEAR, torch's interpolate
// without antialias. The same empty answers.
Image ResizeBilinear(const Image& image, int width, int height);

// The same as a float tensor [1, 3, height, width], without rounding to bytes before `normalisation`.
Tensor ResizeToTensor(const Image& image, int width, int height, const Normalisation& normalisation);

// A part of `image`, clipped to it; empty when nothing is left.
Image Crop(const Image& image, int x, int y, int width, int height);

// `image` scaled to fit a square, placed at its top left, the rest black.
struct Letterboxed {
  Image image;
  float scale = 1;  // pixels of the square per pixel of the source
};
Letterboxed Letterbox(const Image& image, int size);

// `image` as InsightFace fits it into width x height: sides cut off to whole pixels, from the four nearest pixels even
// where some are skipped. `scale` is that of the height.
Letterboxed LetterboxBilinear(const Image& image, int width, int height);

// `images`, all of one size, as a float tensor [N, 3, H, W].
Tensor ToTensor(std::span<const Image> images, const Normalisation& normalisation);

// The same into `tensor`, float [N, 3, H, W], one after the other. To the right of an image that is narrower, below one
// that is lower, and after the last, 0 is written.
void WriteToTensor(std::span<const Image> images, const Normalisation& normalisation, Tensor& tensor);

// A similarity transform x' = a x - b y + tx, y' = b x + a y + ty.
struct Similarity {
  float a = 1;
  float b = 0;
  float tx = 0;
  float ty = 0;
};

Point Apply(const Similarity& transform, const Point& point);

// The way back; `transform` must not be all zero.
Similarity Inverse(const Similarity& transform);

// The least-squares similarity that takes `from` to `to` (Umeyama 1991, without reflection). Points that are all the
// same are only moved.
Similarity FitSimilarity(std::span<const Point> from, std::span<const Point> to);

// `image` under `transform`, width x height, bilinear, black outside. Where it shrinks to less than half, pixels are
// averaged first, so that none is skipped. Costs what the part that is seen costs, not what the photo does.
Image WarpSimilarity(const Image& image, const Similarity& transform, int width, int height);

// The same from the four nearest pixels alone, as OpenCV's warpAffine does it, whatever is skipped.
Image WarpBilinear(const Image& image, const Similarity& transform, int width, int height);

}  // namespace calotype
