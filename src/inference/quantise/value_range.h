// Which range of numbers the 256 steps of an 8-bit tensor are to cover.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace calotype {

// How often which numbers were seen. Covers whatever comes: when a number lies outside, two bins become one.
class ValueHistogram {
 public:
  // Numbers that are not finite are passed over.
  void Add(std::span<const float> values);

  uint64_t count() const { return count_; }
  float lowest() const { return lowest_; }
  float highest() const { return highest_; }

 private:
  friend class RangeSearch;
  static constexpr std::size_t kBins = 4096;  // half of them for negative numbers

  void GrowTo(float magnitude);

  std::array<uint64_t, kBins> bins_{};
  float limit_ = 0;  // the bins cover -limit_ to limit_; 0 before the first number
  float lowest_ = 0;
  float highest_ = 0;
  uint64_t count_ = 0;
};

// scale * (number - zero) is what an 8-bit number stands for.
struct ActivationScale {
  float scale = 1;
  uint8_t zero = 0;
};

struct ActivationRange {
  ActivationScale scale;
  double noise = 0;  // mean square of what rounding and cutting change
  double power = 0;  // mean square of the numbers
};

// The range with the least noise: cutting off a few far numbers makes the steps of all others finer. It always holds 0,
// which a convolution's margins need to be exact.
ActivationRange BestRange(const ValueHistogram& histogram);

}  // namespace calotype
