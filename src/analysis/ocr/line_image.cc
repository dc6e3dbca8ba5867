#include "analysis/ocr/line_image.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace calotype {
namespace {

constexpr float kUpwards = 1.5F;  // RapidOCR's get_rotate_crop_image

// RapidOCR's rec_batch_num and cls_batch_num.
constexpr std::size_t kMaxBatch = 6;
// 6 lines of 1600 columns: PP-OCRv6 answers 18710 floats for every 8 columns, 90 MB for such a batch.
constexpr std::size_t kMaxBatchColumns = 9600;

float Distance(const Point& a, const Point& b) { return std::hypot(a.x - b.x, a.y - b.y); }

double Ratio(const LineImage& line) { return static_cast<double>(line.image.width()) / line.image.height(); }

int ColumnsFor(const LineImage& line, int height, int max_width) {
  return static_cast<int>(std::clamp(std::ceil(height * Ratio(line)), 1.0, static_cast<double>(max_width)));
}

}  // namespace

LineGeometry PlanLine(const Quad& region) {
  const auto& [top_left, top_right, bottom_right, bottom_left] = region;
  const float width = std::max(Distance(top_left, top_right), Distance(bottom_right, bottom_left));
  const float height = std::max(Distance(top_left, bottom_left), Distance(top_right, bottom_right));
  LineGeometry line{
      .quad = region, .width = std::max(1, static_cast<int>(width)), .height = std::max(1, static_cast<int>(height))};
  if (static_cast<float>(line.height) / static_cast<float>(line.width) >= kUpwards) {
    line.quad = {top_right, bottom_right, bottom_left, top_left};
    std::swap(line.width, line.height);
  }
  return line;
}

LineImage CutLine(const Image& photo, const Quad& region) {
  const LineGeometry line = PlanLine(region);
  return {.image = WarpQuad(photo, line.quad, line.width, line.height), .quad = line.quad};
}

void TurnUpsideDown(LineImage& line) {
  const std::span<uint8_t> pixels = line.image.pixels();
  // Reversing all bytes turns the pixels around and each pixel's channels with them; the second pass puts these right.
  std::ranges::reverse(pixels);
  for (std::size_t i = 0; i + 2 < pixels.size(); i += Image::kChannels) {
    std::swap(pixels[i], pixels[i + 2]);
  }
  std::ranges::rotate(line.quad, line.quad.begin() + 2);
}

std::vector<LineBatch> PlanBatches(std::span<const LineImage> lines, const LineFormat& format) {
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&lines](std::size_t i) { return Ratio(lines[i]); });
  std::vector<LineBatch> batches;
  for (const std::size_t index : order) {
    // Rounded down where a line's own width is rounded up: a batch is as wide as RapidOCR makes it.
    const int wanted = static_cast<int>(std::min(format.height * Ratio(lines[index]), 1.0 * format.max_width));
    const int width = std::max(format.min_width, wanted);
    const std::size_t room = std::min(kMaxBatch, kMaxBatchColumns / static_cast<std::size_t>(width));
    if (batches.empty() || batches.back().lines.size() >= room) {
      batches.emplace_back();
    }
    batches.back().lines.push_back(index);
    batches.back().width = width;  // the widest, for lines come in that order
  }
  return batches;
}

Tensor ToLineTensor(std::span<const LineImage> lines, const LineBatch& batch, const LineFormat& format) {
  std::vector<Image> resized;
  resized.reserve(batch.lines.size());
  for (const std::size_t index : batch.lines) {
    const int columns = ColumnsFor(lines[index], format.height, batch.width);
    resized.push_back(ResizeBilinear(lines[index].image, columns, format.height));
  }
  Tensor tensor(ElementType::kFloat32, {static_cast<int64_t>(batch.lines.size()), 3, format.height, batch.width});
  WriteToTensor(resized, format.normalisation, tensor);
  return tensor;
}

}  // namespace calotype
