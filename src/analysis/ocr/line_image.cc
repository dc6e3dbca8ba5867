#include "analysis/ocr/line_image.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace calotype {
namespace {

constexpr double kVertical = 1.5;  // RapidOCR's get_rotate_crop_image

// RapidOCR's rec_batch_num and cls_batch_num.
constexpr std::size_t kGroup = 6;
// 6 lines of 1600 columns: PP-OCRv6 returns 18710 floats per 8 columns, 90 MB for such a batch.
constexpr std::size_t kMaxBatchColumns = 9600;
// Where all batches of one width have the same number of rows, keep few rows empty: most photos with text have a few
// lines.
constexpr std::size_t kFewShapesRows = 8;
constexpr std::size_t kFewShapesColumns = 2560;

// Not std::hypot: this is numpy's norm, and the last digit may change the truncated result.
float Distance(const Point& a, const Point& b) {
  const float dx = a.x - b.x;
  const float dy = a.y - b.y;
  return std::sqrt(dx * dx + dy * dy);
}

double Ratio(const LineImage& line) { return static_cast<double>(line.image.width()) / line.image.height(); }

int ColumnsFor(const LineImage& line, int height, int max_width) {
  return static_cast<int>(std::clamp(std::ceil(height * Ratio(line)), 1.0, static_cast<double>(max_width)));
}

// Rounds down where a single line's width is rounded up, so that a batch is as wide as RapidOCR's.
int BatchWidth(const LineImage& widest, const LineFormat& format) {
  const int wanted = static_cast<int>(std::min(format.height * Ratio(widest), 1.0 * format.max_width));
  if (!format.few_shapes) {
    return std::max(format.min_width, wanted);
  }
  int width = format.min_width;
  while (width < wanted) {
    width *= 2;
  }
  return std::min(width, format.max_width);
}

// With one_by_one: at most a fifth wider than the line needs, so that there are five or six widths for each doubling.
int NarrowestWidth(const LineImage& line, const LineFormat& format) {
  constexpr int kStepsToDouble = 5;
  const int wanted = static_cast<int>(std::min(format.height * Ratio(line), 1.0 * format.max_width));
  int base = format.min_width;
  while (2 * base < wanted) {
    base *= 2;
  }
  const int step = std::max(1, base / kStepsToDouble);
  const int steps = std::max(0, wanted - base + step - 1) / step;
  return std::min(base + steps * step, format.max_width);
}

std::vector<LineBatch> PlanLines(std::span<const LineImage> lines, const LineFormat& format) {
  std::vector<LineBatch> batches;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    batches.push_back({.lines = {i}, .width = NarrowestWidth(lines[i], format)});
  }
  return batches;
}

// The maximum number of rows of a batch of this width.
std::size_t RowsAt(int width, const LineFormat& format) {
  const auto columns = static_cast<std::size_t>(width);
  return format.few_shapes ? std::clamp<std::size_t>(kFewShapesColumns / columns, 1, kFewShapesRows)
                           : std::max<std::size_t>(1, kMaxBatchColumns / columns);
}

// The right edge, from top to bottom, becomes the first row.
Image TurnedLeft(const Image& image) {
  Image turned(image.height(), image.width());
  for (int y = 0; y < turned.height(); ++y) {
    const std::ptrdiff_t column = std::ptrdiff_t{Image::kChannels} * (image.width() - 1 - y);
    uint8_t* target = turned.row(y);
    for (int x = 0; x < turned.width(); ++x) {
      target = std::copy_n(image.row(x) + column, Image::kChannels, target);
    }
  }
  return turned;
}

}  // namespace

LineGeometry PlanLine(const Quad& region) {
  const auto& [top_left, top_right, bottom_right, bottom_left] = region;
  const float width = std::max(Distance(top_left, top_right), Distance(bottom_right, bottom_left));
  const float height = std::max(Distance(top_left, bottom_left), Distance(top_right, bottom_right));
  LineGeometry line{.width = std::max(1, static_cast<int>(width)), .height = std::max(1, static_cast<int>(height))};
  line.vertical = static_cast<double>(line.height) / line.width >= kVertical;
  return line;
}

LineImage CutLine(const Image& photo, const Quad& region, WarpStyle style) {
  const LineGeometry line = PlanLine(region);
  Image flat = WarpQuad(photo, region, line.width, line.height, style);
  if (!line.vertical) {
    return {.image = std::move(flat), .quad = region};
  }
  const auto& [top_left, top_right, bottom_right, bottom_left] = region;
  return {.image = TurnedLeft(flat), .quad = {top_right, bottom_right, bottom_left, top_left}};
}

void TurnUpsideDown(LineImage& line) {
  const std::span<uint8_t> pixels = line.image.pixels();
  // Reversing all bytes rotates the image but also reverses each pixel's channels; the second pass restores those.
  std::ranges::reverse(pixels);
  for (std::size_t i = 0; i + 2 < pixels.size(); i += Image::kChannels) {
    std::swap(pixels[i], pixels[i + 2]);
  }
  std::ranges::rotate(line.quad, line.quad.begin() + 2);
}

std::vector<LineBatch> PlanBatches(std::span<const LineImage> lines, const LineFormat& format) {
  if (format.one_by_one) {
    return PlanLines(lines, format);
  }
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&lines](std::size_t i) { return Ratio(lines[i]); });
  std::vector<LineBatch> batches;
  for (std::span<const std::size_t> left = order; !left.empty();) {
    std::span<const std::size_t> group = left.first(std::min(kGroup, left.size()));
    left = left.subspan(group.size());
    const int width = BatchWidth(lines[group.back()], format);  // the last one is the widest, since lines are sorted
    const std::size_t room = RowsAt(width, format);
    for (; !group.empty(); group = group.subspan(std::min(room, group.size()))) {
      const auto some = group.first(std::min(room, group.size()));
      batches.push_back({.lines = {some.begin(), some.end()}, .width = width, .rows = format.few_shapes ? room : 0});
    }
  }
  return batches;
}

Tensor ToLineTensor(std::span<const LineImage> lines, const LineBatch& batch, const LineFormat& format) {
  std::vector<Image> resized;
  resized.reserve(batch.lines.size());
  for (const std::size_t index : batch.lines) {
    const int columns = format.stretch ? batch.width : ColumnsFor(lines[index], format.height, batch.width);
    resized.push_back(ResizeBilinear(lines[index].image, columns, format.height));
  }
  Tensor tensor(ElementType::kFloat32,
                {static_cast<int64_t>(std::max(batch.rows, batch.lines.size())), 3, format.height, batch.width});
  WriteToTensor(resized, format.normalisation, tensor);
  return tensor;
}

}  // namespace calotype
