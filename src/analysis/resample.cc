#include "analysis/resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <vector>

#include "analysis/image_kernels.h"

namespace calotype {
namespace {

double Sinc(double x) { return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi); }

double Bilinear(double x) { return std::max(0.0, 1 - std::abs(x)); }

double Bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) {
    return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  }
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * kA : 0;
}

double Lanczos(double x) { return x >= -3 && x < 3 ? Sinc(x) * Sinc(x / 3) : 0; }

struct Kernel {
  double (*weight)(double x);
  double support;  // the filter is 0 beyond this distance, in pixels of the image with the larger pixels
};

Kernel KernelOf(ResampleFilter filter) {
  switch (filter) {
    case ResampleFilter::kBilinear:
      return {.weight = Bilinear, .support = 1};
    case ResampleFilter::kBicubic:
      return {.weight = Bicubic, .support = 2};
    case ResampleFilter::kLanczos:
      break;
  }
  return {.weight = Lanczos, .support = 3};
}

// The plan for output positions [first, first + taps.size()) of one direction.
struct PlannedAxis : FixedAxis {
  bool copies = false;  // as many output as source positions; Pillow skips such a pass
};

int32_t ToFixed(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

PlannedAxis PlanAxis(int from, int to, int first, int count, const Kernel& kernel) {
  PlannedAxis axis;
  axis.copies = from == to;
  const double scale = static_cast<double>(from) / to;
  const double stretch = std::max(scale, 1.0);
  const double support = kernel.support * stretch;
  const double shrink = 1 / stretch;
  std::vector<double> weights;
  for (int i = first; i < first + count; ++i) {
    const double centre = (i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(std::floor(centre - support + 0.5)));
    const int end = std::min(from, static_cast<int>(std::floor(centre + support + 0.5)));
    weights.clear();
    double sum = 0;
    for (int x = 0; x < end - begin; ++x) {
      weights.push_back(kernel.weight((x + begin - centre + 0.5) * shrink));
      sum += weights.back();
    }
    // Pillow multiplies by the inverse instead of dividing. The last bit decides how a weight is rounded.
    const double normalise = sum != 0 ? 1 / sum : 1;
    axis.taps.push_back({.first = begin, .count = end - begin, .weights = axis.weights.size()});
    for (const double weight : weights) {
      axis.weights.push_back(ToFixed(sum != 0 ? weight * normalise : weight));
    }
    axis.weights.resize((axis.weights.size() + kTapGroup - 1) / kTapGroup * kTapGroup);
  }
  SplitWeights(axis);
  return axis;
}

// Scales rows [top, top + height) of `image` across.
Image ScaleAcross(const Image& image, const PlannedAxis& axis, int first, int top, int height) {
  Image scaled(static_cast<int>(axis.taps.size()), height);
  if (axis.copies) {
    for (int y = 0; y < height; ++y) {
      std::memcpy(scaled.row(y), image.row(top + y) + std::ptrdiff_t{Image::kChannels} * first, scaled.stride());
    }
    return scaled;
  }
  constexpr int kRows = static_cast<int>(kRowsAcross);
  for (int y = 0; y < height; y += kRows) {
    std::array<const uint8_t*, kRowsAcross> from;
    std::array<uint8_t*, kRowsAcross> to;
    for (int i = 0; i < kRows; ++i) {
      const int row = std::min(y + i, height - 1);  // at the end, repeats the last row
      from[static_cast<std::size_t>(i)] = image.row(top + row);
      to[static_cast<std::size_t>(i)] = scaled.row(row);
    }
    ImageKernelsInUse().scale_across(from.data(), image.stride(), axis, to.data());
  }
  return scaled;
}

// Scales `image` down. Its first row is row `top` of the source.
Image ScaleDown(const Image& image, const PlannedAxis& axis, int top) {
  Image scaled(image.width(), static_cast<int>(axis.taps.size()));
  std::vector<const uint8_t*> rows;
  for (int y = 0; y < scaled.height(); ++y) {
    const Taps& taps = axis.taps[static_cast<std::size_t>(y)];
    rows.clear();
    for (int i = 0; i < taps.count; ++i) {
      rows.push_back(image.row(taps.first - top + i));
    }
    ImageKernelsInUse().scale_down(rows.data(), &axis.weights[taps.weights], rows.size(), image.stride(),
                                   scaled.row(y));
  }
  return scaled;
}

}  // namespace

Image Resample(const Image& image, int width, int height, ResampleFilter filter) {
  return ResamplePart(image, width, height, filter, {.x = 0, .y = 0, .width = width, .height = height});
}

Image ResamplePart(const Image& image, int width, int height, ResampleFilter filter, const ResampleWindow& window) {
  const int x0 = std::clamp(window.x, 0, std::max(width, 0));
  const int y0 = std::clamp(window.y, 0, std::max(height, 0));
  const int x1 = std::min(width, window.x + window.width);
  const int y1 = std::min(height, window.y + window.height);
  if (image.empty() || x1 <= x0 || y1 <= y0) {
    return {};
  }
  const Kernel kernel = KernelOf(filter);
  const PlannedAxis across = PlanAxis(image.width(), width, x0, x1 - x0, kernel);
  const PlannedAxis down = PlanAxis(image.height(), height, y0, y1 - y0, kernel);
  // Rows are rounded to bytes between the two passes, so their order changes the result. Pillow scales across first,
  // except for an image that is much higher than wide and gets lower.
  constexpr int64_t kVeryHigh = 100;
  if (image.height() > image.width() * kVeryHigh && height < image.height()) {
    return ScaleAcross(ScaleDown(image, down, 0), across, x0, 0, y1 - y0);
  }
  if (down.copies) {
    return ScaleAcross(image, across, x0, y0, y1 - y0);
  }
  const int top = down.taps.front().first;
  const int bottom = down.taps.back().first + down.taps.back().count;
  return ScaleDown(ScaleAcross(image, across, x0, top, bottom - top), down, top);
}

}  // namespace calotype
