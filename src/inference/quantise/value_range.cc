#include "inference/quantise/value_range.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace calotype {
namespace {

constexpr int kSteps = 255;
// The number of limits tried on each side, between 0 and the most extreme number.
constexpr int kCuts = 64;

}  // namespace

void ValueHistogram::GrowTo(float magnitude) {
  if (limit_ == 0) {
    limit_ = magnitude;
    return;
  }
  while (limit_ < magnitude) {
    std::array<uint64_t, kBins> wider{};
    for (std::size_t i = 0; i < kBins; ++i) {
      wider[kBins / 4 + i / 2] += bins_[i];
    }
    bins_ = wider;
    limit_ *= 2;
  }
}

void ValueHistogram::Add(std::span<const float> values) {
  float low = 0;
  float high = 0;
  for (const float value : values) {
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (const float magnitude = std::max(-low, high); magnitude > 0) {
    GrowTo(magnitude);
  }
  lowest_ = std::min(lowest_, low);
  highest_ = std::max(highest_, high);
  const float per_unit = limit_ > 0 ? static_cast<float>(kBins) / (2 * limit_) : 0;
  for (const float value : values) {
    if (std::isfinite(value)) {
      const float bin = (value + limit_) * per_unit;
      ++bins_[std::min(static_cast<std::size_t>(std::max(bin, 0.0F)), kBins - 1)];
      ++count_;
    }
  }
}

// Cumulative counts, sums and sums of squares for the bins, so that the cost of clipping is a difference of two
// entries.
class RangeSearch {
 public:
  explicit RangeSearch(const ValueHistogram& histogram) : histogram_(histogram) {
    count_.push_back(0);
    sum_.push_back(0);
    square_.push_back(0);
    for (std::size_t i = 0; i < ValueHistogram::kBins; ++i) {
      const double value = Edge(i) + Width() / 2;
      const auto count = static_cast<double>(histogram.bins_[i]);
      count_.push_back(count_.back() + count);
      sum_.push_back(sum_.back() + count * value);
      square_.push_back(square_.back() + count * value * value);
    }
  }

  double Power() const { return square_.back() / static_cast<double>(histogram_.count()); }

  // The mean square error if numbers are clipped to [low, high] and rounded to kSteps steps.
  double Noise(double low, double high) const {
    const std::size_t from = BinOf(low);
    const std::size_t to = std::max(BinOf(high), from);
    const double step = (high - low) / kSteps;
    const double inside = count_[to] - count_[from];
    const double below = square_[from] - 2 * low * sum_[from] + low * low * count_[from];
    const double n = count_.back() - count_[to];
    const double above = square_.back() - square_[to] - 2 * high * (sum_.back() - sum_[to]) + high * high * n;
    return (inside * step * step / 12 + below + above) / count_.back();
  }

 private:
  double Width() const { return 2.0 * histogram_.limit_ / static_cast<double>(ValueHistogram::kBins); }
  double Edge(std::size_t bin) const { return -histogram_.limit_ + static_cast<double>(bin) * Width(); }
  std::size_t BinOf(double value) const {
    const double bin = std::round((value + histogram_.limit_) / Width());
    return static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(ValueHistogram::kBins)));
  }

  const ValueHistogram& histogram_;
  std::vector<double> count_;
  std::vector<double> sum_;
  std::vector<double> square_;
};

ActivationRange BestRange(const ValueHistogram& histogram) {
  ActivationRange best;
  if (histogram.count() == 0 || histogram.highest() == histogram.lowest()) {
    return best;  // there are only zeros
  }
  const RangeSearch search(histogram);
  double low = histogram.lowest();
  double high = histogram.highest();
  best.noise = search.Noise(low, high);
  best.power = search.Power();
  for (int i = 0; i < kCuts; ++i) {
    for (int j = 0; j < kCuts; ++j) {
      const double from = static_cast<double>(histogram.lowest()) * (kCuts - i) / kCuts;
      const double to = static_cast<double>(histogram.highest()) * (kCuts - j) / kCuts;
      if (const double noise = search.Noise(from, to); noise < best.noise) {
        best.noise = noise;
        low = from;
        high = to;
      }
    }
  }
  best.scale.scale = static_cast<float>((high - low) / kSteps);
  best.scale.zero = static_cast<uint8_t>(std::clamp(std::round(-low / best.scale.scale), 0.0, 255.0));
  return best;
}

}  // namespace calotype
