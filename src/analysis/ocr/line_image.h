// Cuts lines of text out of a photo and batches them for the recogniser and the orienter.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/image_ops.h"
#include "analysis/ocr/quad_warp.h"
#include "base/geometry.h"
#include "inference/tensor.h"
#include "photo/image.h"

namespace calotype {

// How a region becomes an image: it is resampled to width x height pixels. If it is at least 1.5 times as high as wide,
// its text is assumed to run downwards, and the image is rotated by 90 degrees counterclockwise.
struct LineGeometry {
  int width = 1;
  int height = 1;
  bool vertical = false;  // the region is high and narrow: its text runs downwards
};
LineGeometry PlanLine(const Quad& region);

struct LineImage {
  Image image;
  Quad quad;  // corners of `image` in the photo it was cut from
};
// Like RapidOCR's get_rotate_crop_image; with kPillow like Immich.
LineImage CutLine(const Image& photo, const Quad& region, WarpStyle style = WarpStyle::kOpenCv);

// Rotates the line and its quad by 180 degrees, in place.
void TurnUpsideDown(LineImage& line);

// (x / 255 - .5) / .5, in BGR order, as PP-OCR's networks are trained.
inline constexpr Normalisation kPaddleNormalisation{
    .mean = {127.5F, 127.5F, 127.5F}, .std = {127.5F, 127.5F, 127.5F}, .bgr = true};

// The input format of a network for lines: all lines have one height; the longest line decides a batch's width.
struct LineFormat {
  int height = 48;
  int min_width = 320;
  int max_width = 3200;  // a longer line is squeezed; limits the memory of one line
  bool stretch = false;  // stretch each line to the full width instead of padding it
  // Widths are min_width times a power of two, or max_width, and all batches of one width have the same number of
  // rows. For devices that prepare themselves for each shape (WantsFewShapes).
  bool few_shapes = false;
  // Each line by itself, in the narrowest of a few widths. For engines that prepare themselves for each shape, on
  // devices that take as long for one line after another as for all at once (PreparesForShapes).
  bool one_by_one = false;
  Normalisation normalisation = kPaddleNormalisation;
};

struct LineBatch {
  std::vector<std::size_t> lines;  // indices of the given lines
  int width = 0;
  std::size_t rows = 0;  // of the tensor, at least as many as lines (few_shapes); 0: as many as lines
};

// Groups lines of similar shape into batches, to keep padding low. As in RapidOCR (rec_batch_num), six lines form a
// group and the longest one decides the width of all, because padding changes what is recognised; not with one_by_one.
// A group with more than 9600 columns in total (2560 with few_shapes) is split into several batches of that width: a
// network may return ten thousand numbers per column.
std::vector<LineBatch> PlanBatches(std::span<const LineImage> lines, const LineFormat& format);

// Converts the lines of `batch` to a float tensor [N, 3, height, batch.width]. The space to the right of shorter lines
// and the rows after the last line are 0.
Tensor ToLineTensor(std::span<const LineImage> lines, const LineBatch& batch, const LineFormat& format);

}  // namespace calotype
