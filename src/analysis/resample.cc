#include "analysis/resample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <vector>

namespace calotype {
namespace {

// Weights are whole numbers of 2^-22: with 8 bits of pixel and a sum of weights below 2, an int32 holds a sum.
constexpr int kWeightBits = 32 - 8 - 2;

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
  double support;  // it is 0 from here on, in pixels of whichever image has the larger ones
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

// What one output position is made of: source positions from `first` on, and where their weights lie in Axis::weights.
struct Taps {
  int first = 0;
  int count = 0;
  std::size_t weights = 0;
};

// One direction: output positions [first, first + taps.size()) of `to`.
struct Axis {
  std::vector<Taps> taps;
  std::vector<int32_t> weights;
  bool copies = false;  // as many source positions as output positions: Pillow skips such a pass
};

int32_t ToFixed(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

Axis PlanAxis(int from, int to, int first, int count, const Kernel& kernel) {
  Axis axis{.taps = {}, .weights = {}, .copies = from == to};
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
    // A factor, not a quotient, as Pillow: the last bit decides how a weight is rounded.
    const double normalise = sum != 0 ? 1 / sum : 1;
    axis.taps.push_back({.first = begin, .count = end - begin, .weights = axis.weights.size()});
    for (const double weight : weights) {
      axis.weights.push_back(ToFixed(sum != 0 ? weight * normalise : weight));
    }
  }
  return axis;
}

uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

void ScaleRow(const uint8_t* source, const Axis& axis, uint8_t* target) {
  for (const Taps& taps : axis.taps) {
    const uint8_t* pixel = source + std::ptrdiff_t{Image::kChannels} * taps.first;
    const int32_t* weight = axis.weights.data() + taps.weights;
    int32_t red = kHalf;
    int32_t green = kHalf;
    int32_t blue = kHalf;
    for (int i = 0; i < taps.count; ++i, pixel += Image::kChannels) {
      red += weight[i] * pixel[0];
      green += weight[i] * pixel[1];
      blue += weight[i] * pixel[2];
    }
    *target++ = ToByte(red);
    *target++ = ToByte(green);
    *target++ = ToByte(blue);
  }
}

// Rows [top, top + height) of `image`, scaled along x.
Image ScaleAcross(const Image& image, const Axis& axis, int first, int top, int height) {
  Image scaled(static_cast<int>(axis.taps.size()), height);
  for (int y = 0; y < height; ++y) {
    const uint8_t* const source = image.row(top + y);
    if (axis.copies) {
      std::memcpy(scaled.row(y), source + std::ptrdiff_t{Image::kChannels} * first, scaled.stride());
    } else {
      ScaleRow(source, axis, scaled.row(y));
    }
  }
  return scaled;
}

// `image`, whose first row is row `top` of the source, scaled along y.
Image ScaleDown(const Image& image, const Axis& axis, int top) {
  Image scaled(image.width(), static_cast<int>(axis.taps.size()));
  std::vector<int32_t> sums(image.stride());
  for (int y = 0; y < scaled.height(); ++y) {
    const Taps& taps = axis.taps[static_cast<std::size_t>(y)];
    std::ranges::fill(sums, kHalf);
    for (int i = 0; i < taps.count; ++i) {
      const uint8_t* const source = image.row(taps.first - top + i);
      const int32_t weight = axis.weights[taps.weights + static_cast<std::size_t>(i)];
      for (std::size_t x = 0; x < sums.size(); ++x) {
        sums[x] += weight * source[x];
      }
    }
    std::ranges::transform(sums, scaled.row(y), ToByte);
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
  const Axis across = PlanAxis(image.width(), width, x0, x1 - x0, kernel);
  const Axis down = PlanAxis(image.height(), height, y0, y1 - y0, kernel);
  // Rows between the passes are rounded to bytes, so which comes first is part of the answer. Pillow scales across
  // first, but for what is very high and gets lower.
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
