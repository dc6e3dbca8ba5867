// Lines of text cut out of a photo, and batches of them for the networks that read them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/image_ops.h"
#include "base/geometry.h"
#include "inference/tensor.h"
#include "photo/image.h"

namespace calotype {

// How a region becomes an image: it is drawn into width x height, and turned to the left if it is 1.5 times as high as
// wide or more: such text is taken to run upwards.
struct LineGeometry {
  int width = 1;
  int height = 1;
  bool stands = false;
};
LineGeometry PlanLine(const Quad& region);

struct LineImage {
  Image image;
  Quad quad;  // corners of `image` in the photo it was cut out of
};
// As RapidOCR's get_rotate_crop_image.
LineImage CutLine(const Image& photo, const Quad& region);

// Turns the line by 180 degrees in place, its quad with it.
void TurnUpsideDown(LineImage& line);

// (x / 255 - .5) / .5, blue first: as PP-OCR's networks are trained.
inline constexpr Normalisation kPaddleNormalisation{
    .mean = {127.5F, 127.5F, 127.5F}, .std = {127.5F, 127.5F, 127.5F}, .bgr = true};

// How a network takes lines: all of one height, a batch as wide as its longest line wants.
struct LineFormat {
  int height = 48;
  int min_width = 320;
  int max_width = 3200;  // a longer line is squeezed; bounds the memory that one line can ask for
  bool stretch = false;  // each line to the whole width, instead of padding
  // Widths are min_width, twice that, four times ... and each has one number of rows: for devices that prepare
  // themselves for each shape (WantsFewShapes).
  bool few_shapes = false;
  Normalisation normalisation = kPaddleNormalisation;
};

struct LineBatch {
  std::vector<std::size_t> lines;  // indices of those that were asked for
  int width = 0;
  std::size_t rows = 0;  // of the tensor, where that is more than there are lines
};

// Batches of lines of similar shape, so that little is padded: as wide as RapidOCR makes them, which takes six at a
// time (its rec_batch_num), for how much is padded shows in what is read. Each is at most 9600 columns in all, so six
// long lines are several batches: the answer for one column can be some ten thousand numbers.
std::vector<LineBatch> PlanBatches(std::span<const LineImage> lines, const LineFormat& format);

// The lines of `batch` as a float tensor [N, 3, height, batch.width]; what is to the right of a shorter line,
// and rows after the last line, are 0.
Tensor ToLineTensor(std::span<const LineImage> lines, const LineBatch& batch, const LineFormat& format);

}  // namespace calotype
