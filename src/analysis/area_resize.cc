#include "analysis/area_resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace calotype {
namespace {

// OpenCV computes the scale through its inverse. The last bit matters: it decides which pixels are cut at cell borders.
double ScaleOf(int from, int to) { return 1 / (static_cast<double>(to) / from); }

bool IsWhole(double scale) { return std::abs(scale - std::nearbyint(scale)) < std::numeric_limits<double>::epsilon(); }

// OpenCV ignores a source pixel when less than this share of it is covered.
constexpr double kLeast = 1e-3;

// Each output position is the mean of the source range that it covers: shares of the pixels at both ends, and all
// pixels between them.
Axis<float> PlanAxis(int from, int to) {
  const double scale = ScaleOf(from, to);
  Axis<float> axis;
  for (int i = 0; i < to; ++i) {
    const double begin = i * scale;
    const double end = begin + scale;
    const double covered = std::min(scale, from - begin);
    const int whole_end = std::min(static_cast<int>(std::floor(end)), from - 1);
    const int whole_begin = std::min(static_cast<int>(std::ceil(begin)), whole_end);
    Taps taps{.first = whole_begin, .count = 0, .weights = axis.weights.size()};
    if (whole_begin - begin > kLeast) {
      axis.weights.push_back(static_cast<float>((whole_begin - begin) / covered));
      --taps.first;
    }
    axis.weights.insert(axis.weights.end(), static_cast<std::size_t>(whole_end - whole_begin),
                        static_cast<float>(1 / covered));
    if (end - whole_end > kLeast) {
      axis.weights.push_back(static_cast<float>(std::min({end - whole_end, 1.0, covered}) / covered));
    }
    taps.count = static_cast<int>(axis.weights.size() - taps.weights);
    axis.taps.push_back(taps);
  }
  return axis;
}

// Rows of the source averaged across, kRowsAcross rows at a time. Rows are requested from top to bottom. A row may be
// requested twice, because an output row often begins in the source row where the previous one ended.
class AveragedRows {
 public:
  AveragedRows(const RgbView<const uint8_t>& from, const Axis<float>& across, const ImageKernels& kernels)
      : from_(from), across_(across), kernels_(kernels), row_length_(3 * across.taps.size() + 1) {
    values_.resize(kRows * row_length_);
  }

  const float* At(int y) {
    if (y / kRows != block_) {
      block_ = y / kRows;
      Average();
    }
    return Row(y % kRows);
  }

 private:
  static constexpr int kRows = static_cast<int>(kRowsAcross);

  float* Row(int i) { return values_.data() + static_cast<std::size_t>(i) * row_length_; }

  void Average() {
    std::array<const uint8_t*, kRowsAcross> rows;
    std::array<float*, kRowsAcross> sums;
    for (int i = 0; i < kRows; ++i) {
      rows[static_cast<std::size_t>(i)] = from_.row(std::min(block_ * kRows + i, from_.height - 1));
      sums[static_cast<std::size_t>(i)] = Row(i);
    }
    kernels_.average_across(rows.data(), from_.row_bytes(), across_, sums.data());
  }

  const RgbView<const uint8_t>& from_;
  const Axis<float>& across_;
  const ImageKernels& kernels_;
  std::size_t row_length_;
  std::vector<float> values_;
  int block_ = -1;
};

}  // namespace

bool AveragesDown(int from_width, int from_height, int to_width, int to_height) {
  const bool shrinks = to_width > 0 && to_height > 0 && to_width <= from_width && to_height <= from_height;
  return shrinks && !(IsWhole(ScaleOf(from_width, to_width)) && IsWhole(ScaleOf(from_height, to_height)));
}

void AverageDown(const RgbView<const uint8_t>& from, const RgbView<uint8_t>& to, const ImageKernels& kernels) {
  const Axis<float> across = PlanAxis(from.width, to.width);
  const Axis<float> down = PlanAxis(from.height, to.height);
  AveragedRows rows(from, across, kernels);
  std::vector<float> sums(to.row_bytes());
  for (int y = 0; y < to.height; ++y) {
    const Taps& taps = down.taps[static_cast<std::size_t>(y)];
    for (int i = 0; i < taps.count; ++i) {
      kernels.add_row(rows.At(taps.first + i), down.weights[taps.weights + static_cast<std::size_t>(i)], sums.size(),
                      i == 0, sums.data());
    }
    kernels.round_row(sums.data(), sums.size(), to.row(y));
  }
}

}  // namespace calotype
