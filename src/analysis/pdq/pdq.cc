#include "analysis/pdq/pdq.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>
#include <vector>

#include "analysis/image_ops.h"

// Every sum below is taken in the order of the reference, in float: another order is another rounding, which flips bits
// that lie near the median. This file is compiled without fused multiply-add for the same reason.

namespace calotype {
namespace {

constexpr std::size_t kGrid = 64;   // side of the image that the transform sees
constexpr std::size_t kBands = 16;  // frequencies kept in each direction
constexpr int kMinimumSide = 5;     // the reference refuses smaller ones
constexpr int kPhotoSide = 512;     // what the reference's command line tool shrinks larger photos to
constexpr int kFilterPasses = 2;    // two boxes make a tent

using Grid = std::array<float, kGrid * kGrid>;
using Bands = std::array<float, kBands * kBands>;

struct Plane {
  std::span<float> values;
  std::size_t width = 0;
  std::size_t height = 0;
};

// Half of what becomes one pixel of the grid, rounded up: two passes then cover it all.
std::size_t WindowSize(std::size_t side) { return (side + 2 * kGrid - 1) / (2 * kGrid); }

// How a box of `window` slides over `length` values: the output at i is the mean of the inputs first(i) to last(i) - 1,
// where the box is cut off at both ends.
struct Slide {
  std::size_t length;
  std::size_t window;

  std::size_t ahead() const { return (window + 2) / 2; }  // inputs from i on, itself included
  std::size_t last(std::size_t i) const { return std::min(length, i + ahead()); }
  std::size_t first(std::size_t i) const { return i + ahead() > window ? i + ahead() - window : 0; }
};

void BlurRow(const float* in, float* out, const Slide& slide) {
  float sum = 0;
  std::size_t first = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < slide.length; ++i) {
    for (; last < slide.last(i); ++last) {
      sum += in[last];
    }
    for (; first < slide.first(i); ++first) {
      sum -= in[first];
    }
    out[i] = sum / static_cast<float>(last - first);
  }
}

void BlurRows(const Plane& in, const Plane& out) {
  const Slide slide{.length = in.width, .window = WindowSize(in.width)};
  for (std::size_t y = 0; y < in.height; ++y) {
    BlurRow(&in.values[y * in.width], &out.values[y * in.width], slide);
  }
}

// All columns side by side, each with its own sum: the same sums as column by column, without jumping through memory.
void BlurColumns(const Plane& in, const Plane& out) {
  const Slide slide{.length = in.height, .window = WindowSize(in.height)};
  const std::size_t width = in.width;
  std::vector<float> sums(width, 0.0F);
  std::size_t first = 0;
  std::size_t last = 0;
  for (std::size_t y = 0; y < in.height; ++y) {
    for (; last < slide.last(y); ++last) {
      const float* row = &in.values[last * width];
      for (std::size_t x = 0; x < width; ++x) {
        sums[x] += row[x];
      }
    }
    for (; first < slide.first(y); ++first) {
      const float* row = &in.values[first * width];
      for (std::size_t x = 0; x < width; ++x) {
        sums[x] -= row[x];
      }
    }
    const float count = static_cast<float>(last - first);
    float* row = &out.values[y * width];
    for (std::size_t x = 0; x < width; ++x) {
      row[x] = sums[x] / count;
    }
  }
}

std::size_t CentreOf(std::size_t cell, std::size_t side) {
  return static_cast<std::size_t>((static_cast<double>(cell) + 0.5) * static_cast<double>(side) / kGrid);
}

Grid SampleCentres(const Plane& plane) {
  Grid grid;
  for (std::size_t y = 0; y < kGrid; ++y) {
    const float* row = &plane.values[CentreOf(y, plane.height) * plane.width];
    for (std::size_t x = 0; x < kGrid; ++x) {
      grid[y * kGrid + x] = row[CentreOf(x, plane.width)];
    }
  }
  return grid;
}

Grid Shrink(std::span<const float> luma, std::size_t width, std::size_t height) {
  Grid grid;
  if (width == kGrid && height == kGrid) {
    std::ranges::copy(luma, grid.begin());  // the reference does not blur what has the size already
    return grid;
  }
  std::vector<float> values(luma.begin(), luma.end());
  std::vector<float> buffer(values.size());
  const Plane plane{.values = values, .width = width, .height = height};
  const Plane between{.values = buffer, .width = width, .height = height};
  for (int pass = 0; pass < kFilterPasses; ++pass) {
    BlurRows(plane, between);
    BlurColumns(between, plane);
  }
  return SampleCentres(plane);
}

// How much there is to tell photos apart by: visible steps between neighbours. The quantisation to whole percents and
// the divisor are the reference's.
int Quality(const Grid& grid) {
  const auto step = [](float a, float b) { return std::abs(static_cast<int>((a - b) * 100 / 255)); };
  int sum = 0;
  for (std::size_t y = 0; y < kGrid; ++y) {
    for (std::size_t x = 0; x < kGrid; ++x) {
      const float* here = &grid[y * kGrid + x];
      sum += y + 1 < kGrid ? step(here[0], here[kGrid]) : 0;
      sum += x + 1 < kGrid ? step(here[0], here[1]) : 0;
    }
  }
  return std::min(100, sum / 90);
}

// Rows 1 to 16 of the discrete cosine transform of length 64.
const std::array<float, kBands * kGrid>& CosineRows() {
  static const std::array<float, kBands * kGrid> kRows = [] {
    const float scale = static_cast<float>(std::sqrt(2.0 / kGrid));
    std::array<float, kBands * kGrid> matrix;
    for (std::size_t i = 0; i < kBands; ++i) {
      for (std::size_t j = 0; j < kGrid; ++j) {
        const double angle = std::numbers::pi / 2 / kGrid * static_cast<double>(i + 1) * static_cast<double>(2 * j + 1);
        matrix[i * kGrid + j] = static_cast<float>(static_cast<double>(scale) * std::cos(angle));
      }
    }
    return matrix;
  }();
  return kRows;
}

Bands Transform(const Grid& grid) {
  const std::array<float, kBands * kGrid>& cosines = CosineRows();
  std::array<float, kBands * kGrid> half{};
  for (std::size_t i = 0; i < kBands; ++i) {
    for (std::size_t k = 0; k < kGrid; ++k) {
      for (std::size_t j = 0; j < kGrid; ++j) {
        half[i * kGrid + j] += cosines[i * kGrid + k] * grid[k * kGrid + j];
      }
    }
  }
  Bands bands{};
  for (std::size_t i = 0; i < kBands; ++i) {
    for (std::size_t j = 0; j < kBands; ++j) {
      for (std::size_t k = 0; k < kGrid; ++k) {
        bands[i * kBands + j] += half[i * kGrid + k] * cosines[j * kGrid + k];
      }
    }
  }
  return bands;
}

// The 128th smallest: what the reference's median (Torben's, of an even number of values) comes to.
float LowerMedian(Bands bands) {
  auto* const middle = bands.begin() + bands.size() / 2 - 1;
  std::nth_element(bands.begin(), middle, bands.end());
  return *middle;
}

PdqHash ToBits(const Bands& bands) {
  const float median = LowerMedian(bands);
  PdqHash hash{};
  for (std::size_t k = 0; k < bands.size(); ++k) {
    if (bands[k] > median) {
      hash[hash.size() - 1 - k / 8] |= static_cast<uint8_t>(1U << (k % 8));
    }
  }
  return hash;
}

}  // namespace

PdqFinding HashLuma(std::span<const float> luma, int width, int height) {
  if (width < kMinimumSide || height < kMinimumSide) {
    return {};
  }
  const Grid grid = Shrink(luma, static_cast<std::size_t>(width), static_cast<std::size_t>(height));
  return {.hash = ToBits(Transform(grid)), .quality = Quality(grid)};
}

PdqFinding HashPixels(const Image& image) {
  const std::span<const uint8_t> pixels = image.pixels();
  std::vector<float> luma(pixels.size() / Image::kChannels);
  for (std::size_t i = 0; i < luma.size(); ++i) {
    const uint8_t* pixel = &pixels[i * Image::kChannels];
    // In double, as pdqhash computes it; the weights are those of ITU-R BT.601.
    luma[i] = static_cast<float>(pixel[0] * 0.299 + pixel[1] * 0.587 + pixel[2] * 0.114);
  }
  return HashLuma(luma, image.width(), image.height());
}

PdqFinding HashPhoto(const Image& image) { return HashPixels(Resize(image, kPhotoSide, kPhotoSide)); }

int HammingDistance(const PdqHash& a, const PdqHash& b) {
  const auto words_a = std::bit_cast<std::array<uint64_t, 4>>(a);
  const auto words_b = std::bit_cast<std::array<uint64_t, 4>>(b);
  int distance = 0;
  for (std::size_t i = 0; i < words_a.size(); ++i) {
    distance += std::popcount(words_a[i] ^ words_b[i]);
  }
  return distance;
}

}  // namespace calotype
